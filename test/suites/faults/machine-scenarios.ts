import { at, fault, type Scenario } from './scenario.ts';

/** What the machine does to the process, and the node to the pod. */
export const machineScenarios: readonly Scenario[] = [
  {
    name: 'kill -9 at every effect of a pairing',
    what: 'The agent is killed before and after each request to UCL and each write to the cluster: in the end it is connected, or says that a new token is needed.',
    tests: [
      fault('kill', 'of a pairing'),
      at('rooms/connection/crash-points.test.ts', '$title ends connected, or says that a new token is needed'),
    ],
  },
  {
    name: 'kill -9 in a pod at every effect of a pairing',
    what: 'The same on a real node: the container of a pod is killed, and the kubelet starts it again. The image and the settings are those of the Deployment that is shipped.',
    tests: [at('suites/node/kill.node-test.ts', 'of a pairing, and ends connected or asks for a new token')],
  },
  {
    name: 'kill -9 at every effect of a renewal',
    what: 'The agent is killed before and after each request to UCL and each write to the cluster: it uses no token and requests two certificates at most, the stored certificate and key belong together, and no Application is written.',
    tests: [fault('kill', 'of a renewal')],
  },
  {
    name: 'kill -9 in a pod at every effect of a renewal',
    what: 'The same on a real node, as with a pairing.',
    tests: [at('suites/node/kill.node-test.ts', 'of a renewal, and ends with one pair of certificate and key')],
  },
  {
    name: 'The disk that takes the log is full',
    what: 'Every write to the log fails, from the start on.',
    tests: [fault('machine', 'has no room for the log')],
  },
  {
    name: 'Nobody reads the log any more',
    what: 'The pipes of the log are closed while the agent runs.',
    tests: [fault('machine', 'has nobody who reads the log any more')],
  },
  {
    name: 'The landscape outgrows the heap',
    what: 'Forty systems of 1 MiB each, with a heap of 48 MiB: the landscape is not read, and what is in the cluster stays.',
    tests: [fault('machine', 'gives less memory than the landscape takes')],
  },
  {
    name: 'The process is stopped for a minute, and goes on',
    what: 'SIGSTOP and SIGCONT, as for a machine that is put to sleep.',
    tests: [fault('machine', 'stops the process for a minute')],
  },
  {
    name: 'The clock jumps',
    what: 'Back; ahead, beyond the end of the certificate; and a year ahead.',
    tests: [
      at('suites/shipped/wrong-clock.test.ts', '%s, stops no sync, and costs neither the certificate nor a token'),
      at('suites/shipped/wrong-clock.test.ts', 'is judged anew as soon as it is set, whatever the schedule'),
    ],
  },
  {
    name: 'The container is killed',
    what: 'kill -9 in a pod on a real node, a deleted pod, and a rollout.',
    tests: [
      at('suites/node/disruption.node-test.ts', 'a kill -9 of the container, which starts again in its pod'),
      at('suites/node/disruption.node-test.ts', 'kubectl delete pod; the old pod ends with 0'),
      at('suites/node/disruption.node-test.ts', 'kubectl rollout restart; the old pod ends with 0'),
    ],
  },
  {
    name: 'The kernel kills the container for its memory',
    what: 'In a pod, there is less room than an answer of UCL takes: kubectl shows OOMKilled, the container starts again, and nothing is lost.',
    tests: [
      at(
        'suites/node/disruption.node-test.ts',
        'the kernel, which kills the container for its memory in the middle of a read; kubectl shows OOMKilled',
      ),
    ],
  },
  {
    name: 'A rollout gives the container too little memory',
    what: 'The limit is 20 MiB: each start of the new pod is killed (OOMKilled), and the pod before it goes on working until the limit is put right.',
    tests: [
      at(
        'suites/node/misconfiguration.node-test.ts',
        'the container may have less memory than the agent needs; the pod before it goes on meanwhile',
      ),
    ],
  },
];
