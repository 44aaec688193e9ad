"""scikit-learn's side of `npm run bench:projection`: data, its own t-SNE, and how good any layout is.

    peer_projection.py data FOLDER            digits.npy and, of those in it, the classes of nothing: only numbers count here
    peer_projection.py tsne FEATURES SEED     lays out with the defaults; prints seconds and quality as JSON
    peer_projection.py judge FEATURES LAYOUT  prints the quality of a CSV with x and y as JSON
"""
import json
import sys
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors

K = 12


def quality(features, layout):
    def nearest(values):
        return NearestNeighbors(n_neighbors=K).fit(values).kneighbors(return_distance=False)

    pairs = zip(nearest(features), nearest(layout))
    kept = [len(set(one) & set(other)) / K for one, other in pairs]
    return {
        "trustworthiness": float(trustworthiness(features, layout, n_neighbors=K)),
        "preservation": float(np.mean(kept)),
    }


def main():
    command, *arguments = sys.argv[1:]
    if command == "data":
        np.save(f"{arguments[0]}/digits.npy", load_digits().data.astype(np.float32))
        return
    features = np.load(arguments[0])
    if command == "tsne":
        began = time.perf_counter()
        layout = TSNE(random_state=int(arguments[1])).fit_transform(features)
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, **quality(features, layout)}))
    elif command == "judge":
        layout = np.loadtxt(arguments[1], delimiter=",", skiprows=1)
        print(json.dumps(quality(features, layout)))


if __name__ == "__main__":
    main()
