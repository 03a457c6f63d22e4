import type { AgentProcess } from '../agent/agent-process.ts';
import { kill } from '../agent/life.ts';
import { noKubeFaults } from '../cluster/no-kube-faults.ts';
import { noUclFaults } from '../ucl/no-ucl-faults.ts';
import { beginFault } from './begin-fault.ts';
import { meddle } from './meddle.ts';
import { pickOf } from './pick-of.ts';
import type { Step } from './step.ts';
import type { World } from './world.ts';

/** After these the agent may hear late, or never, of what others write: the judges give it more time then. */
const blinding: ReadonlySet<Step['do']> = new Set([
  'cluster-delay',
  'cluster-loses-answers',
  'cluster-outage',
  'compact',
  'die',
  'forbid',
  'forbid-more',
  'freeze',
  'restore',
  'watches-break',
  'watches-go-silent',
  'watches-lag',
  'watches-repeat',
]);

/** Lets one step happen in the world, and has it end by itself where it lasts. */
export function takeStep(world: World, step: Step): void {
  world.note(`STEP ${JSON.stringify(step)}`);
  world.isClockTroubled ||= step.do === 'set-clock';
  world.isWatchTroubled ||= blinding.has(step.do);
  const { ucl, server } = world;
  const { landscape } = ucl;
  if (step.do !== 'restore') world.backups.push(server.storage.snapshot());
  switch (step.do) {
    case 'arrive':
      for (let count = 0; count < step.count; count += 1) landscape.arrive();
      break;
    case 'depart': {
      const present = landscape.present();
      const from = Math.floor(step.pick * present.length);
      const leaving = [...present.slice(from), ...present.slice(0, from)].slice(0, step.count);
      for (const { id } of leaving) landscape.depart(id);
      break;
    }
    case 'return': {
      const departed = landscape.departed();
      const from = Math.floor(step.pick * departed.length);
      for (const { id } of [...departed.slice(from), ...departed.slice(0, from)].slice(0, step.count))
        landscape.comeBack(id);
      break;
    }
    case 'change': {
      const system = pickOf(landscape.present(), step.pick);
      if (system !== undefined) landscape.change(system.id, step.what);
      break;
    }
    case 'revoke':
      ucl.connector.revokeAll();
      break;
    case 'director-moves':
      ucl.connector.moveDirector();
      break;
    case 'watches-break':
      world.cutStreams();
      break;
    case 'compact':
      server.storage.compact();
      break;
    case 'die':
    case 'stop':
      endProcess(world, pickOf(world.agents, step.pick), step);
      break;
    case 'freeze':
      pickOf(world.agents, step.pick)?.freeze(step);
      break;
    case 'set-clock':
      setClock(world, world.clock.offsetMs + step.byMs);
      break;
    default:
      if (!beginFault(world, step)) meddle(world, step);
  }
}

/** All faults end but for a wrong clock, where that stays, and an object that is refused for good; what people hold they let go, and a dead process is started again. */
export function endFaults(world: World): void {
  const { refused } = world.server.faults;
  world.letGo();
  world.ucl.faults = noUclFaults();
  world.server.faults = { ...noKubeFaults(), refused: refused?.lasts === true ? refused : undefined };
  if (!world.settings.leavesClock) setClock(world, 0);
  for (const agent of world.agents) {
    if (agent.life !== undefined) agent.life.dies = undefined;
    agent.goOn();
    agent.start();
  }
}

/** Somebody sets the wall clock, and each agent sees it jump. */
export function setClock(world: World, offsetMs: number): void {
  if (world.clock.offsetMs === offsetMs) return;
  world.clock.offsetMs = offsetMs;
  for (const agent of world.agents) agent.noticeJump();
}

function endProcess(world: World, agent: AgentProcess | undefined, step: Extract<Step, { do: 'die' | 'stop' }>): void {
  const life = agent?.life;
  if (agent === undefined || life === undefined || life.isDead) return;
  const restart = () => world.timeline.after(step.restMs, () => agent.start());
  if (step.do === 'stop') {
    agent.stop();
    // Kubernetes waits for half a minute before it kills.
    world.timeline.after(30_000, () => kill(life));
    world.timeline.after(30_000, restart);
    return;
  }
  const before = life.onDeath;
  life.onDeath = () => {
    before();
    restart();
  };
  life.dies = { atCall: life.calls + step.atCall, when: step.when };
}
