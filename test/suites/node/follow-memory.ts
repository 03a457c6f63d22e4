import { type ContainerMemory, findContainerCgroup } from '../../servers/node/container-cgroup.ts';

export interface MemoryFollower {
  /** The most of each so far, as of ten looks a second. */
  peak(): ContainerMemory;
  stop(): void;
}

const everyMs = 100;

/** Looks at the memory of a container again and again. @param containerId as the kubelet tells it. */
export async function followMemory(containerId: string): Promise<MemoryFollower> {
  const cgroup = await findContainerCgroup(containerId);
  let peak = await cgroup.memory();
  const look = async (): Promise<void> => {
    const { workingSet, anonymous } = await cgroup.memory();
    peak = {
      workingSet: Math.max(peak.workingSet, workingSet),
      anonymous: Math.max(peak.anonymous, anonymous),
    };
  };
  // A container that is gone has no memory to look at; the test sees by itself that it is gone.
  const timer = setInterval(() => void look().catch(() => clearInterval(timer)), everyMs);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}
