import { notAcceptable } from './status-error.ts';

/** The forms in which the server answers. */
export type ResponseForm = 'json' | 'table' | 'aggregated-discovery' | 'protobuf';

interface MediaType {
  name: string;
  parameters: Map<string, string>;
}

function parseMediaTypes(header: string): MediaType[] {
  return header.split(',').map((part) => {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const pairs = parameters.map((parameter): [string, string] => {
      const [key = '', value = ''] = parameter.split('=');
      return [key, value];
    });
    return { name: name.toLowerCase(), parameters: new Map(pairs) };
  });
}

function toForm({ name, parameters }: MediaType): ResponseForm | undefined {
  const as = parameters.get('as');
  if (name === 'application/json' && as === 'Table' && parameters.get('v') === 'v1') return 'table';
  if (name === 'application/json' && as === 'APIGroupDiscoveryList' && parameters.get('v') === 'v2') {
    return 'aggregated-discovery';
  }
  if (name === 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf') return 'protobuf';
  return as === undefined && ['application/json', 'application/*', '*/*', ''].includes(name) ? 'json' : undefined;
}

/** The first form that the client accepts and that is on offer; throws 406 where there is none. */
export function negotiate(accept: string | undefined, offered: readonly ResponseForm[]): ResponseForm {
  for (const mediaType of parseMediaTypes(accept ?? '')) {
    const form = toForm(mediaType);
    if (form !== undefined && offered.includes(form)) return form;
  }
  throw notAcceptable();
}

/** The bare media type of a request body. */
export function contentTypeOf(header: string | undefined): string {
  return parseMediaTypes(header ?? 'application/json')[0]?.name ?? '';
}
