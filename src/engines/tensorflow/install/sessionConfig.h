// tfjs-node cannot pass a ConfigProto to a session. This reads one from config.pb in the SavedModel's folder, if it is there.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "tensorflow/c/c_api.h"

inline TF_Session* LoadSessionWithConfig(TF_SessionOptions* options, const TF_Buffer* run_options, const char* folder,
                                         const char* const* tags, int tag_count, TF_Graph* graph,
                                         TF_Buffer* meta_graph, TF_Status* status) {
  std::ifstream file(std::string(folder) + "/config.pb", std::ios::binary);
  if (file) {
    const std::string config(std::istreambuf_iterator<char>(file), {});
    TF_SetConfig(options, config.data(), config.size(), status);
    if (TF_GetCode(status) != TF_OK) return nullptr;
  }
  return TF_LoadSessionFromSavedModel(options, run_options, folder, tags, tag_count, graph, meta_graph, status);
}

// The binding's sources, compiled after this header, call it instead.
#define TF_LoadSessionFromSavedModel LoadSessionWithConfig
