import type { Exchange, ExchangeAnswer, ExchangeOptions, OpenExchange } from '../../../agent/compass/exchange.ts';
import { TransportError } from '../../../agent/compass/wire-failure.ts';
import type { Chance } from '../time/chance.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Ucl, UclAnswer, UclCall } from '../ucl/ucl.ts';
import { beginCall, inProcess, kill, type Life, listen } from './life.ts';

export interface UclWire {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly ucl: Ucl;
  /** What UCL did. */
  readonly onCall: (call: UclCall, life: Life) => void;
  /** The answer arrived whole; never called for a process that died before. */
  readonly onDelivered: (call: UclCall, life: Life) => void;
  readonly onLost: (call: UclCall, life: Life) => void;
  /** What this life sends, when it sends it. */
  readonly onSend: (line: string) => void;
}

/** The exchange of one life with UCL: each request takes its way there, has its effect, and takes its way back. */
export function createUclOpener(life: Life, wire: UclWire): OpenExchange {
  return (options) => createExchange(options, life, wire);
}

function createExchange(options: ExchangeOptions, life: Life, wire: UclWire): Exchange {
  const { timeline, chance, ucl } = wire;
  return {
    send({ url, headers, body, signal }) {
      const begun = beginCall(life);
      return new Promise((resolve, reject) => {
        if (begun === 'nothing') return;
        const sentAt = timeline.now;
        wire.onSend(`POST ${url}`);
        let isOver = false;
        const end = (act: () => void) =>
          inProcess(life, () => {
            if (isOver) return;
            isOver = true;
            deadline.act = undefined;
            unlisten?.();
            act();
          });
        const fail = (cause: 'timeout' | 'truncated' | 'aborted' | 'network', errno?: string, sent = true) =>
          end(() => reject(new TransportError({ kind: 'transport', cause, errno, sent })));
        const abort = () => fail('aborted');
        const deadline = timeline.after(options.requestTimeoutMs, () => fail('timeout'));
        const unlisten = signal && listen(life, signal, abort);
        timeline.after(wayMs(wire), () => {
          const call = ucl.answer({ url, headers, body, credential: options.credential }, sentAt);
          wire.onCall(call, life);
          const isLost = call.answer.kind !== 'answer' || ucl.loses();
          if (begun === 'dies-after') kill(life);
          const isHeard = !isLost && !life.isDead && !isOver;
          if (!isHeard) wire.onLost(call, life);
          if (life.isDead) return;
          timeline.after(wayMs(wire), () => {
            // Nobody waited for it that long.
            if (isHeard && isOver) wire.onLost(call, life);
            deliver(call, isLost, { end, fail, resolve, life, wire });
          });
        });
      });
    },
    close: () => undefined,
  };

  function wayMs({ ucl: { faults } }: UclWire): number {
    return chance.between(1, 40) + faults.delayMs;
  }
}

interface Delivery {
  readonly end: (act: () => void) => void;
  readonly fail: (cause: 'truncated' | 'network', errno?: string, sent?: boolean) => void;
  readonly resolve: (answer: ExchangeAnswer) => void;
  readonly life: Life;
  readonly wire: UclWire;
}

function deliver(call: UclCall, isLost: boolean, { end, fail, resolve, life, wire }: Delivery): void {
  const { answer } = call;
  switch (answer.kind) {
    case 'silence':
      break;
    case 'truncated':
      fail('truncated');
      break;
    case 'broken':
      fail('network', answer.errno, answer.sent);
      break;
    case 'answer':
      if (isLost) fail('network', 'ECONNRESET');
      end(() => {
        wire.onDelivered(call, life);
        resolve(toExchangeAnswer(answer));
      });
  }
}

function toExchangeAnswer({ status, body, retryAfter }: Extract<UclAnswer, { kind: 'answer' }>): ExchangeAnswer {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  };
  return { status, headers, body: new Uint8Array(Buffer.from(body)) };
}
