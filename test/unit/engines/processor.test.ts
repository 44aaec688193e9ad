import { describe, expect, it } from 'vitest';
import {
  describeProcessor,
  hasBfloat16,
  lookUpProcessor,
  type ProcessorSurroundings,
} from '../../../src/engines/processor.js';

const nothing = (): never => {
  throw new Error('There is no such thing here.');
};
const described = (surroundings: Partial<ProcessorSurroundings>) =>
  describeProcessor(
    lookUpProcessor({
      platform: 'linux',
      model: '',
      cores: 2,
      env: {},
      file: nothing,
      output: nothing,
      ...surroundings,
    }),
  );

// Shortened to what is read and what could be mistaken for it.
const EPYC = `processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 23
model		: 49
model name	: AMD EPYC
stepping	: 0
microcode	: 0x1000065
cpu cores	: 2
flags		: fpu vme sse4_1 sse4_2 fma avx f16c avx2 xsaveopt rdpid
bugs		: sysret_ss_attrs

processor	: 1
vendor_id	: AuthenticAMD
cpu family	: 99
`;
const XEON = `processor	: 0
cpu family	: 6
model		: 143
model name	: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
stepping	: 8
flags		: fpu avx avx2 avx512f avx512dq avx512_bf16 avx512_vnni amx_bf16 avx512_fp16 amx_tile amx_int8
`;
const GRAVITON = `processor	: 0
BogoMIPS	: 2100.00
Features	: fp asimd evtstrm aes asimdhp cpuid asimddp sve asimdfhm i8mm bf16
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x1
CPU part	: 0xd40
CPU revision	: 1
`;
const MAC_INTEL = `machdep.cpu.family: 6
machdep.cpu.model: 142
machdep.cpu.stepping: 10
machdep.cpu.features: FPU VME SSE4.1 SSE4.2 AVX1.0 RDRAND F16C
machdep.cpu.leaf7_features: RDWRFSGS BMI1 AVX2 SMEP
machdep.cpu.brand_string: Intel(R) Core(TM) i5-8257U CPU @ 1.40GHz
hw.optional.avx2_0: 1
hw.optional.avx512f: 0
`;
const MAC_APPLE = `machdep.cpu.cores_per_package: 10
machdep.cpu.brand_string: Apple M4
hw.optional.arm.FEAT_BF16: 1
hw.optional.arm.FEAT_I8MM: 1
hw.optional.arm.FEAT_SME: 1
hw.optional.AdvSIMD: 1
hw.optional.neon: 1
hw.optional.arm.FEAT_SSBS: 0
`;

describe('a processor is named with its generation and its vector extensions', () => {
  it.each([
    ['AMD EPYC', EPYC, 'AMD EPYC (family 23, model 49, stepping 0; AVX2), 2 cores'],
    [
      'Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz',
      XEON,
      'Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz (family 6, model 143, stepping 8; ' +
        'AVX2, AVX-512, AVX512-VNNI, AVX512-BF16, AMX, AMX-BF16), 2 cores',
    ],
    ['', GRAVITON, 'unknown processor (implementer 0x41, part 0xd40, revision 1; NEON, BF16, I8MM, SVE), 2 cores'],
  ])('on Linux: %s', (model, cpuInfo, expected) => {
    const file = (path: string) => (path === '/proc/cpuinfo' ? cpuInfo : nothing());
    expect(described({ model, file })).toBe(expected);
  });

  it.each([
    [
      'Intel(R) Core(TM) i5-8257U',
      MAC_INTEL,
      'Intel(R) Core(TM) i5-8257U (family 6, model 142, stepping 10; AVX2), 2 cores',
    ],
    ['Apple M4', MAC_APPLE, 'Apple M4 (NEON, BF16, I8MM, SME), 2 cores'],
  ])('on macOS: %s', (model, sysctl, expected) => {
    expect(described({ platform: 'darwin', model, output: () => sysctl })).toBe(expected);
  });

  it('on Windows, and where nothing can be read, by what there is', () => {
    const env = { PROCESSOR_IDENTIFIER: 'Intel64 Family 6 Model 143 Stepping 8, GenuineIntel' };
    expect(described({ platform: 'win32', model: 'Intel Xeon ', cores: 1, env })).toBe(
      'Intel Xeon (Intel64 Family 6 Model 143 Stepping 8, GenuineIntel; vector extensions unknown), 1 core',
    );
    expect(described({ model: 'some' })).toBe('some (vector extensions unknown), 2 cores');
    expect(described({ platform: 'darwin', model: 'some' })).toBe('some (vector extensions unknown), 2 cores');
  });

  it('is that of this machine', () => {
    const { vectors, cores } = lookUpProcessor();
    expect(cores).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(vectors?.length).toBeGreaterThan(0);
  });
});

it('tells which processors multiply in bfloat16 by themselves', () => {
  expect(hasBfloat16({ vectors: ['AVX2'] })).toBe(false);
  expect(hasBfloat16({ vectors: ['AVX2', 'AVX-512', 'AVX512-BF16'] })).toBe(true);
  expect(hasBfloat16({ vectors: ['AVX2', 'AMX', 'AMX-BF16'] })).toBe(true);
  expect(hasBfloat16({})).toBeUndefined();
});
