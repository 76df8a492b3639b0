/** Asks one address after the other over kept connections, as many at once as wanted, and says how it was answered. */
import { Agent, request } from 'node:http';

export interface Load {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

export interface Asked {
  url: string;
  method?: string;
  headers: Record<string, string>;
  body?: string;
}

/** `next`: what is asked next; a status of 300 or more ends the measure. */
export async function load(next: () => Asked, { atOnce, seconds }: { atOnce: number; seconds: number }): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const took: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const askedAt = performance.now();
      await ask(agent, next());
      took.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  agent.destroy();
  took.sort((one, other) => one - other);
  const at = (part: number): number => Math.round((took[Math.floor(took.length * part)] ?? 0) * 10) / 10;
  return { perSecond: took.length / ((performance.now() - startedAt) / 1000), p50Ms: at(0.5), p99Ms: at(0.99) };
}

function ask(agent: Agent, { url, method = 'GET', headers, body }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) < 300) resolve();
        else reject(new Error(`${url} answered ${answer.statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
