/** The gateway's own side: what it captured and returned, what cardholders and banks do, and the faults it is told to have. */
export interface Movement {
  type: 'capture' | 'refund' | 'refund_failure' | 'chargeback' | 'chargeback_reversal';
  paymentIntent: string;
  refund: string | null;
  dispute: string | null;
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
    await this.pass(`payment_intents/${paymentIntent}/authenticate`, { succeed });
  }

  /**
   * A member disputes a payment with the bank, all of it unless said otherwise: by the payment's id, or by what its
   * reference names. Returns the dispute's id.
   */
  async dispute(payment: string, order: { amount?: number; reason?: string; inquiry?: boolean } = {}): Promise<string> {
    const captured = await this.movementsOf(payment);
    const paymentIntent = captured.find(({ type }) => type === 'capture')?.paymentIntent ?? payment;
    return this.pass('disputes', { paymentIntent, ...order });
  }

  async closeDispute(id: string, status: 'won' | 'lost'): Promise<void> {
    await this.pass(`disputes/${id}/closing`, { status });
  }

  /** The bank sends back a refund that it had taken, or takes one after all that it had refused. */
  async refundBecomes(id: string, what: 'failure' | 'success'): Promise<void> {
    await this.pass(`refunds/${id}/${what}`, {});
  }

  /** An inquiry becomes a dispute that takes the money. */
  async escalate(disputeId: string): Promise<void> {
    await this.pass(`disputes/${disputeId}/escalation`, {});
  }

  /** A payment that was under way is decided. */
  async finish(paymentIntent: string, succeed: boolean): Promise<void> {
    await this.pass(`payment_intents/${paymentIntent}/finish`, { succeed });
  }

  /** The merchant's own acts, as in the gateway's dashboard: a call of Stripe's API. */
  async merchant<T = { id: string }>(
    method: 'POST' | 'GET' | 'DELETE',
    path: string,
    form: Record<string, string> = {},
  ): Promise<T> {
    const response = await fetch(`${this.url}/v1/${path}`, {
      method,
      headers: { authorization: 'Bearer sk_test_merchant', 'content-type': 'application/x-www-form-urlencoded' },
      ...(method === 'POST' ? { body: new URLSearchParams(form) } : {}),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }

  /** The ids under which it knows what a reference names. */
  async paymentOf(id: string): Promise<string> {
    const captured = (await this.movementsOf(id)).find(({ type }) => type === 'capture');
    if (captured === undefined) throw new Error(`nothing was captured for ${id}`);
    return captured.paymentIntent;
  }

  private async pass(door: string, body: object): Promise<string> {
    const response = await fetch(`${this.url}/sandbox/${door}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return ((await response.json()) as { id: string }).id;
  }
}
