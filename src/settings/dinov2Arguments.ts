/** The keys of DINOv2's configs (ssl_default_config.yaml): settings of another name, values that are fixed here, and what means nothing. */

/** What each key is here. */
export const SETTING_OF_KEY: Readonly<Record<string, string>> = {
  'dino.loss_weight': 'dino_loss_weight',
  'dino.head_n_prototypes': 'out_dim',
  'dino.head_bottleneck_dim': 'head_bottleneck_dim',
  'dino.head_hidden_dim': 'head_hidden_dim',
  'dino.koleo_loss_weight': 'koleo_loss_weight',
  'ibot.loss_weight': 'ibot_loss_weight',
  'ibot.mask_sample_probability': 'mask_sample_probability',
  'ibot.mask_ratio_min_max': 'mask_ratio_min_max',
  'ibot.separate_head': 'ibot_separate_head',
  'ibot.head_n_prototypes': 'ibot_head_n_prototypes',
  'ibot.head_bottleneck_dim': 'ibot_head_bottleneck_dim',
  'ibot.head_hidden_dim': 'ibot_head_hidden_dim',
  'train.batch_size_per_gpu': 'batch_size_per_gpu',
  'train.centering': 'centering',
  'train.seed': 'seed',
  'student.arch': 'arch',
  'student.patch_size': 'patch_size',
  'student.drop_path_rate': 'drop_path_rate',
  'student.layerscale': 'layerscale',
  'student.ffn_layer': 'ffn_layer',
  'student.num_register_tokens': 'num_register_tokens',
  'student.interpolate_antialias': 'interpolate_antialias',
  'student.interpolate_offset': 'interpolate_offset',
  'teacher.momentum_teacher': 'momentum_teacher',
  'teacher.warmup_teacher_temp': 'warmup_teacher_temp',
  'teacher.teacher_temp': 'teacher_temp',
  'teacher.warmup_teacher_temp_epochs': 'warmup_teacher_temp_epochs',
  'optim.epochs': 'epochs',
  'optim.weight_decay': 'weight_decay',
  'optim.weight_decay_end': 'weight_decay_end',
  'optim.base_lr': 'lr',
  'optim.warmup_epochs': 'warmup_epochs',
  'optim.min_lr': 'min_lr',
  'optim.clip_grad': 'clip_grad',
  'optim.freeze_last_layer_epochs': 'freeze_last_layer',
  'optim.patch_embed_lr_mult': 'patch_embed_lr_mult',
  'optim.layerwise_decay': 'layerwise_decay',
  'crops.global_crops_scale': 'global_crops_scale',
  'crops.local_crops_number': 'local_crops_number',
  'crops.local_crops_scale': 'local_crops_scale',
  'crops.global_crops_size': 'image_size',
  'crops.local_crops_size': 'local_size',
};

/** Keys of which one value alone can be had, and what to do where another is asked for. */
export const ONLY_VALUE: Readonly<Record<string, { readonly value: unknown; readonly instead?: string }>> = {
  'dino.head_nlayers': { value: 3 },
  'ibot.head_nlayers': { value: 3 },
  'student.drop_path_uniform': { value: true },
  'student.qkv_bias': { value: true },
  'student.proj_bias': { value: true },
  'student.ffn_bias': { value: true },
  'student.pretrained_weights': { value: '', instead: 'start the training from these weights (--init)' },
  'teacher.final_momentum_teacher': { value: 1 },
  'optim.scaling_rule': { value: 'sqrt_wrt_1024' },
  'optim.adamw_beta1': { value: 0.9 },
  'optim.adamw_beta2': { value: 0.999 },
  'MODEL.WEIGHTS': { value: '', instead: 'start the training from these weights (--init)' },
};

/** Keys that mean nothing here, and why. */
export const UNUSED: readonly { readonly keys: RegExp; readonly why: string }[] = [
  { keys: /^train\.dataset_path$/, why: 'a run is started with its images' },
  { keys: /^train\.output_dir$/, why: 'a run is started with its folder' },
  {
    keys: /^train\.OFFICIAL_EPOCH_LENGTH$/,
    why: 'an epoch goes through all images once: set epochs, warmup_epochs and the like to match',
  },
  { keys: /^distillation\.full_cfg_path$/, why: "the teacher's weights tell what network it is" },
  {
    keys: /^train\.(?:saveckp_freq|num_workers|cache_dataset)$|^evaluation\.|^student\.block_chunks$|^optim\.lr$/,
    why: 'they do not change what is trained',
  },
  { keys: /^compute_precision\./, why: 'they say how its GPUs share the work; see precision' },
];

/** What DINOv3's recipe for distillation has in the place of DINOv2's defaults; a preset's values win. */
export const DISTILLATION_DEFAULTS = { layerwise_decay: 0.99, momentum_teacher: 0.994 } as const;
/** What distillation needs, and how DINOv2 and DINOv3 distilled; it wins over a preset's values. */
export const DISTILLATION_RECIPE = { centering: 'sinkhorn_knopp', drop_path_rate: 0 } as const;

/** What the original takes for what its configs leave out, where the settings take something else. */
export const DINOV2_DEFAULTS = {
  method: 'dinov2',
  embed_dim: 1024,
  depth: 24,
  num_heads: 16,
  layerscale: 1e-5,
  drop_path_rate: 0.3,
  norm_last_layer: false,
  momentum_teacher: 0.992,
  teacher_temp: 0.07,
  warmup_teacher_temp_epochs: 30,
  lr: 0.004,
  global_crops_scale: [0.32, 1],
  local_crops_scale: [0.05, 0.32],
} as const;
