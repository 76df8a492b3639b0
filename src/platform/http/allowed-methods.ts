/** Which methods the routes of a path answer: tells a wrong method (405) from an unknown path (404). */
import type { Request } from 'express';

interface RouteLayer {
  route?: { methods: Record<string, boolean> };
  match(path: string): boolean;
}

/** Empty where no route has this path under another method; what answers every method, such as "not found", is none. */
export function allowedMethods({ app, path, method }: Request): string[] {
  const { stack } = app.router as unknown as { stack: RouteLayer[] };
  const methods = stack
    .filter((layer) => layer.route?.methods[method.toLowerCase()] === undefined && layer.match(path))
    .flatMap((layer) => Object.keys(layer.route?.methods ?? {}))
    .flatMap((name) => (name === 'get' ? ['GET', 'HEAD'] : [name.toUpperCase()]));
  return [...new Set(methods)];
}
