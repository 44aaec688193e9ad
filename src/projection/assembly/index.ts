/**
 * The loops of the projections, compiled to WebAssembly. Nothing is allocated here: the caller owns the whole memory and says where
 * everything lies. Positions in the plane are two areas, one of all x and one of all y.
 */
export { multiplyNarrow } from './components';
export { multiplyRows, nearestOfRows } from './neighbors';
export { repel, sortAlongCurve } from './quadtree';
export { attract, descend } from './tsne';
export { umapEpoch } from './umap';
