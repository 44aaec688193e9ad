/** As those of `optimizers`, for a float32 engine: relative norms. */
export const LIMITS = { firstLoss: 1e-5, loss: 1e-4, gradient: 1e-4 };
