// SPDX-License-Identifier: Apache-2.0

/** More plugins than any node chains. */
const maxPlugins = 64;

/** Of a CNI configuration nothing but the types of its plugins; what is no configuration becomes empty. */
export function reduceCniConfig(text: string): string {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return '';
  }
  return `${JSON.stringify(typesOf(config))}\n`;
}

function typesOf(config: unknown): object {
  if (typeof config !== 'object' || config === null) return {};
  const entries = new Map<string, unknown>(Object.entries(config));
  const type = entries.get('type');
  const plugins = entries.get('plugins');
  return {
    ...(typeof type === 'string' && /^[\w.-]{1,64}$/.test(type) ? { type } : {}),
    ...(Array.isArray(plugins)
      ? { plugins: plugins.slice(0, maxPlugins).map((plugin: unknown) => oneType(plugin)) }
      : {}),
  };
}

function oneType(plugin: unknown): object {
  const { type } = Object.fromEntries(Object.entries(typesOf(plugin)).filter(([key]) => key === 'type'));
  return type === undefined ? {} : { type };
}
