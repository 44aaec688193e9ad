/** Many points on a WebGL canvas, by three.js: what moves is a transform, so that panning and zooming cost the same for any number of them. */
import {
  BufferAttribute,
  BufferGeometry,
  Camera,
  CustomBlending,
  DynamicDrawUsage,
  OneFactor,
  OneMinusSrcAlphaFactor,
  Points,
  Scene,
  ShaderMaterial,
  Vector2,
  Vector3,
  WebGLRenderer,
} from 'three';
import type { Scatter } from './scatter.js';

const VERTEX = `
attribute vec2 place;
attribute vec3 tint;
attribute float form;
attribute float look;
uniform vec2 size;
uniform vec3 placement;
uniform float pointSize;
varying vec3 vTint;
varying float vForm;
varying float vLook;
varying float vSize;
void main() {
  vec2 pixel = placement.yz + vec2(place.x, -place.y) * placement.x;
  gl_Position = look < 0.5 ? vec4(2.0, 2.0, 0.0, 1.0) : vec4(2.0 * pixel.x / size.x - 1.0, 1.0 - 2.0 * pixel.y / size.y, 0.0, 1.0);
  vSize = pointSize * (look > 2.5 ? 1.7 : 1.0);
  gl_PointSize = vSize;
  vTint = tint;
  vForm = form;
  vLook = look;
}`;

const FRAGMENT = `
uniform vec3 outline;
varying vec3 vTint;
varying float vForm;
varying float vLook;
varying float vSize;
void main() {
  vec2 at = 2.0 * gl_PointCoord - 1.0;
  float edge;
  if (vForm < 0.5) edge = length(at);
  else if (vForm < 1.5) edge = max(abs(at.x), abs(at.y)) * 1.15;
  else if (vForm < 2.5) edge = max(abs(at.x) * 1.05 - at.y * 0.5 + 0.3, at.y * 1.1);
  else edge = abs(at.x) + abs(at.y);
  float soft = 2.0 / vSize;
  float alpha = 1.0 - smoothstep(1.0 - soft, 1.0, edge);
  if (alpha < 0.01) discard;
  vec3 color = vTint;
  if (vLook > 3.5 && edge > 1.0 - 2.0 * soft - 0.12) color = outline;
  if (vLook < 1.5) alpha *= 0.18;
  gl_FragColor = vec4(color * alpha, alpha);
}`;

export interface GlScatter extends Scatter {
  /** Whether there is a GPU behind it. */
  readonly isHardware: boolean;
  end(): void;
}

/** What browsers and systems call WebGL in software. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function isHardware(context: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  const named = context.getExtension('WEBGL_debug_renderer_info');
  return named === null || !SOFTWARE.test(String(context.getParameter(named.UNMASKED_RENDERER_WEBGL)));
}

/** @throws Error when the window has no WebGL */
export function createGlScatter(canvas: HTMLCanvasElement): GlScatter {
  const renderer = new WebGLRenderer({ canvas, alpha: true, antialias: false, depth: false, stencil: false });
  renderer.setClearAlpha(0);
  const uniforms = {
    size: { value: new Vector2(1, 1) },
    placement: { value: new Vector3() },
    pointSize: { value: 6 },
    outline: { value: new Vector3() },
  };
  const material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms,
    transparent: true,
    depthTest: false,
    depthWrite: false,
    blending: CustomBlending,
    blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor,
  });
  const points = new Points(new BufferGeometry(), material);
  points.frustumCulled = false;
  const scene = new Scene();
  scene.add(points);
  const camera = new Camera();
  let pixelRatio = 1;

  /** An attribute of another length needs another buffer on the GPU, and so another geometry. */
  const setAttribute = (
    name: string,
    values: Float32Array | Uint8Array,
    itemSize: number,
    normalized: boolean,
  ): void => {
    const existing = points.geometry.getAttribute(name);
    if (existing instanceof BufferAttribute && existing.array.length === values.length) {
      existing.array.set(values);
      existing.needsUpdate = true;
      return;
    }
    const attribute = new BufferAttribute(values.slice(), itemSize, normalized);
    attribute.setUsage(DynamicDrawUsage);
    points.geometry.setAttribute(name, attribute);
  };
  /** Begins anew when there is another number of points. */
  const setCount = (count: number): void => {
    const existing = points.geometry.getAttribute('place');
    if (existing === undefined || existing.count === count) return;
    points.geometry.dispose();
    points.geometry = new BufferGeometry();
  };

  return {
    isHardware: isHardware(renderer.getContext()),
    setPositions(positions) {
      setCount(positions.length / 2);
      setAttribute('place', positions, 2, false);
      points.geometry.setDrawRange(0, positions.length / 2);
    },
    setColors(colors, shapes) {
      setAttribute('tint', colors, 3, true);
      setAttribute('form', shapes, 1, false);
    },
    setLooks(looks) {
      setAttribute('look', looks, 1, false);
    },
    resize(width, height, ratio) {
      pixelRatio = ratio;
      renderer.setPixelRatio(ratio);
      renderer.setSize(width, height, false);
      uniforms.size.value.set(width, height);
    },
    draw({ scale, centerX, centerY }, pointSize, { outline: [red, green, blue] }) {
      uniforms.placement.value.set(scale, centerX, centerY);
      uniforms.pointSize.value = pointSize * pixelRatio;
      uniforms.outline.value.set(red / 255, green / 255, blue / 255);
      if (points.geometry.getAttribute('look') !== undefined) renderer.render(scene, camera);
    },
    end() {
      renderer.dispose();
    },
  };
}
