/** The methods there are, by the names that the setting `method` has for them. */
export const METHOD_NAMES = ['dino', 'dinov2', 'finetune'] as const;
export type MethodName = (typeof METHOD_NAMES)[number];
