/** As the folder's README has them, for a float32 engine: relative norms. */
export const LIMITS = { firstLoss: 1e-5, loss: 1e-4, gradient: 1e-4, center: 1e-4, update: 1e-6 };
