/**
 * Who asks a gateway about a notice that names no request of ours, such as a dispute: rooms above register here for what a
 * notice is about, so that this room knows none of them.
 */
import { Injectable } from '@nestjs/common';
import type { GatewayNotice } from './outcome.js';

export interface EventHandler {
  readonly about: Exclude<GatewayNotice['about'], 'request' | 'nothing'>;
  /** Asks the gateway about the object and applies its answer at most once. False when there was no usable answer. */
  apply(gateway: string, objectId: string): Promise<boolean>;
}

@Injectable()
export class EventHandlers {
  private readonly handlers: EventHandler[] = [];

  register(handler: EventHandler): void {
    this.handlers.push(handler);
  }

  of(about: GatewayNotice['about']): EventHandler | null {
    return this.handlers.find((handler) => handler.about === about) ?? null;
  }
}
