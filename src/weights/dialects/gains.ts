/** BEiT's names of LayerScale, which iBOT and DeiT III have too. */
export const withGains = (name: string): string => name.replace(/^(blocks\.\d+)\.gamma_([12])$/, '$1.ls$2.gamma');
