/** The gateway's own side: what it captured and returned, and the faults it is told to have. */
export interface Movement {
  type: 'capture' | 'refund';
  paymentIntent: string;
  amount: number;
  currency: string;
  reference: string | null;
}

export class SandboxClient {
  constructor(readonly url: string) {}

  async movements(): Promise<Movement[]> {
    const response = await fetch(`${this.url}/sandbox/movements`);
    return ((await response.json()) as { data: Movement[] }).data;
  }

  /** Movements whose reference names the subscription or refund. */
  async movementsOf(id: string): Promise<Movement[]> {
    return (await this.movements()).filter((movement) => movement.reference?.includes(id));
  }

  /** Everything not named is off. */
  async faults(faults: Record<string, number | boolean>): Promise<void> {
    const response = await fetch(`${this.url}/sandbox/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Completes or fails the authentication the bank asked for. */
  async authenticate(clientSecret: string, succeed: boolean): Promise<void> {
    const paymentIntent = clientSecret.split('_secret')[0] ?? '';
    const response = await fetch(`${this.url}/sandbox/payment_intents/${paymentIntent}/authenticate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ succeed }),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}
