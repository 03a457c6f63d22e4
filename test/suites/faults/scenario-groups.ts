import { machineScenarios } from './machine-scenarios.ts';
import { at, e2e, fault, type Scenario, type ScenarioGroup } from './scenario.ts';

/**
 * Every fault that the agent is known to survive, and where that is tried. What one of the other suites tries is not
 * tried again by `npm run test:faults`; the list says where.
 */

const connector: readonly Scenario[] = [
  {
    name: 'The token is consumed and the reply is lost',
    what: 'The connection is cut after UCL has taken the token, or has signed the certificate. After a few calls the status says TokenRefused, and a new token repairs it.',
    tests: [
      e2e(
        'pairing',
        'ends in TokenRefused after a few calls when the reply to the token is lost, and heals with a new token',
      ),
      e2e('pairing', 'ends in TokenRefused when the reply to the signing request is lost, and heals with a new token'),
      e2e('restart', 'ends in TokenRefused when it is killed before the signed certificate is written down, and heals'),
    ],
  },
  {
    name: 'The certificate expires or is revoked while the agent is away',
    what: 'The agent starts, says what happened, keeps every Application, and pairs with a new token.',
    tests: [
      e2e(
        'credentials',
        'says so when it expired while the agent was down, keeps the Applications, and pairs with a fresh token',
      ),
      e2e('credentials', 'says so when it is revoked, keeps the Applications, and pairs again with a fresh token'),
    ],
  },
  {
    name: 'A renewal is answered with a certificate that is over, or for another key',
    what: 'Each happens once: the old certificate and key stay in use, and the next good answer is taken.',
    tests: [fault('renewal', 'answered with dates that are over, or for another key, keeps the old pair')],
  },
  {
    name: 'A renewal is answered with a certificate for another subject, or with rubbish',
    what: 'Each happens once: the old certificate and key stay in use, and the next good answer is taken.',
    tests: [fault('renewal', 'answered for another subject, or with rubbish, keeps the old pair')],
  },
];

const landscape: readonly Scenario[] = [
  {
    name: 'UCL answers with an empty or shrunken landscape',
    what: 'The removal of all systems is held until two later reads confirm it or a person approves it, across a restart too.',
    tests: [
      e2e('leaving', 'holds the removal of all ten until two later reads confirm it, which it makes itself'),
      e2e('leaving', 'removes nothing when the systems are back at a later read, across a restart too'),
      e2e('failures', 'keeps everything on one empty page'),
    ],
  },
  {
    name: 'A read is partial',
    what: 'Pages fail, repeat items, shift, or come with both data and errors: if the read is not complete, nothing is removed.',
    tests: [
      e2e('landscape', 'is read to the end of every list: 450 systems, one of 205 bundles, one bundle of 230 APIs'),
      e2e('failures', 'deletes nothing, says why and heals by itself, whatever the Director answers'),
      at('rooms/compass/read-landscape.test.ts', 'is read again when a system leaves between its pages'),
    ],
  },
  {
    name: 'Some systems are poison',
    what: 'Duplicate and invalid names, unsupported and empty credentials, an Application made by hand: the status names each by its id, and all other systems are in the cluster.',
    tests: [e2e('sync', 'names every bad system with its id and reason, and has all others in the cluster')],
  },
  {
    name: 'A system is renamed',
    what: 'The new Application is there before the old one is removed.',
    tests: [e2e('sync', 'follows systems that are added, changed, renamed and removed in UCL')],
  },
  {
    name: 'Something makes the agent loop',
    what: 'Bursts of requests, a trigger that is set again and again, another controller that undoes each write: the agent makes few syncs, names the cause, and does not write each time.',
    tests: [
      e2e('steering', 'never lets two syncs overlap, and makes few of a burst of twenty requests'),
      e2e('steering', 'names what sets spec.resyncNow again and again, and who does where the API server notes that'),
      e2e('rivals', 'that changes an Application back is named, and no longer written over each time'),
    ],
  },
  {
    name: 'A thousand agents come back after an outage',
    what: 'In virtual time, with a rate limit that all agents share and that answers 429: all recover, and the peak of their calls stays below the limit.',
    tests: [
      at(
        'programs/fleet/fleet.test.ts',
        'recovers from an outage within its longest pause and the jitter, counted from its end',
      ),
    ],
  },
];

const ways: readonly Scenario[] = [
  {
    name: 'UCL takes connections and never answers',
    what: 'No byte passes in either direction, on open connections and on new ones.',
    tests: [fault('way-to-ucl', 'takes connections and never answers')],
  },
  {
    name: 'Packets to and from UCL are dropped',
    what: 'Open connections are silent, and no new one is ever established.',
    tests: [fault('way-to-ucl', 'drops every packet')],
  },
  {
    name: 'The answers of UCL are lost',
    what: 'Requests arrive and are carried out, but not a byte comes back.',
    tests: [fault('way-to-ucl', 'loses the answers')],
  },
  {
    name: 'UCL answers byte by byte',
    what: 'Ten bytes a second, without an end: the time limit is for the whole answer.',
    tests: [fault('way-to-ucl', 'trickles answers byte by byte')],
  },
  {
    name: 'UCL refuses connections',
    what: 'Open connections are reset, and new ones are refused.',
    tests: [fault('way-to-ucl', 'refuses connections')],
  },
  {
    name: 'Connections to UCL are half open',
    what: 'Five times, the connections that the agent keeps open die without a sign; each time, a change in UCL still reaches the cluster.',
    tests: [fault('way-to-ucl', 'forgets open connections without a sign')],
  },
  {
    name: 'Names are unknown to DNS',
    what: 'After every connection was reset, the name server says that the names of both servers do not exist.',
    tests: [fault('names', 'are unknown')],
  },
  {
    name: 'DNS fails',
    what: 'The name server answers that it cannot work at present.',
    tests: [fault('names', 'cannot be told by a server that fails')],
  },
  {
    name: 'DNS never answers',
    what: 'The name server does not answer any question.',
    tests: [fault('names', 'are asked for, and nobody answers')],
  },
];

const answers: readonly Scenario[] = [
  {
    name: 'UCL answers with bytes that are no text',
    what: 'Random bytes replace every answer.',
    tests: [fault('answers-of-ucl', 'with bytes that are no text')],
  },
  {
    name: 'UCL answers with a byte that is no UTF-8',
    what: 'The byte is in the description of one system, which then shows U+FFFD; all other systems are right.',
    tests: [
      fault(
        'answers-of-ucl',
        'with a text of which one byte is no UTF-8: that system shows it, and all others are right',
      ),
    ],
  },
  {
    name: 'UCL answers with JSON a hundred thousand levels deep',
    what: 'A list in a list in a list, and so on, replaces every answer.',
    tests: [fault('answers-of-ucl', 'with JSON a hundred thousand levels deep')],
  },
  {
    name: 'UCL answers with JSON a million levels deep',
    what: 'The same, with more levels than the heap has room for.',
    tests: [fault('answers-of-ucl', 'with JSON a million levels deep')],
  },
  {
    name: 'UCL answers with 64 MiB',
    what: 'Valid JSON, followed by white space up to a size above the limit for an answer.',
    tests: [fault('answers-of-ucl', 'with more than it may')],
  },
  {
    name: 'UCL answers with 10 MiB of systems',
    what: 'Forty systems with long descriptions: each gets its Application.',
    tests: [fault('answers-of-ucl', 'with 10 MiB that are all needed')],
  },
  {
    name: 'An Application of 2 MiB',
    what: 'One system leads to an object that is larger than etcd accepts: the status names that system, and the others are in the cluster.',
    tests: [
      fault('answers-of-ucl', 'with a system of which the Application is larger than etcd takes'),
      at('rooms/kube/refusals.cluster-test.ts', 'the size that etcd takes'),
    ],
  },
  {
    name: 'The API server answers with a page of HTML',
    what: 'A proxy in between answers everything with status 200 and HTML in place of JSON.',
    tests: [fault('answers-of-ucl', 'with a page of HTML')],
  },
  {
    name: 'The API server answers with JSON a hundred thousand levels deep',
    what: 'Every answer is such a deep list.',
    tests: [fault('answers-of-ucl', 'with lists in lists, a hundred thousand levels deep')],
  },
];

const apiServer: readonly Scenario[] = [
  {
    name: 'The API server takes connections and never answers',
    what: 'No byte passes in either direction, and no connection is reset.',
    tests: [fault('way-to-api-server', 'takes connections and never answers')],
  },
  {
    name: 'Packets to and from the API server are dropped',
    what: 'Open connections and watches are silent, and no new one is ever established.',
    tests: [fault('way-to-api-server', 'drops every packet')],
  },
  {
    name: 'The answers of the API server are lost',
    what: 'Requests arrive and are carried out, but not a byte comes back.',
    tests: [fault('way-to-api-server', 'loses the answers')],
  },
  {
    name: 'The API server answers byte by byte',
    what: 'Ten bytes a second, without an end.',
    tests: [fault('way-to-api-server', 'trickles answers byte by byte')],
  },
  {
    name: 'The API server refuses connections',
    what: 'Open connections are reset, and new ones are refused.',
    tests: [
      fault('way-to-api-server', 'refuses connections'),
      e2e('failures', 'goes on when connections to the API server are cut, and after the API server was started again'),
    ],
  },
  {
    name: 'Watches of the API server are half open',
    what: 'Every watch dies without a sign, and somebody deletes an Application: the agent notices when the silence has lasted two minutes, and restores the Application.',
    tests: [
      fault(
        'way-to-api-server',
        'forgets open watches without a sign: what changes meanwhile is seen by the deadline of a silent watch',
      ),
    ],
  },
  {
    name: 'The API server answers 429',
    what: 'Every request gets this answer, watches too, without saying how long to wait.',
    tests: [fault('way-to-api-server', 'is answered with 429')],
  },
  {
    name: 'The API server answers 429 with Retry-After',
    what: 'Every request gets this answer, watches too, with a pause of two seconds in the header.',
    tests: [fault('way-to-api-server', 'is answered with 429 and a pause')],
  },
  {
    name: 'The API server answers 500',
    what: 'Every request gets this answer, watches too, without a reason.',
    tests: [fault('way-to-api-server', 'is answered with 500 and nothing else')],
  },
  {
    name: 'The API server answers 500 with a reason',
    what: 'Every request gets this answer, watches too, as when a webhook fails: that may last, so the pauses are longer.',
    tests: [fault('way-to-api-server', 'is answered with 500 and a reason')],
  },
  {
    name: 'The API server answers 503',
    what: 'Every request gets this answer, watches too.',
    tests: [fault('way-to-api-server', 'is answered with 503')],
  },
  {
    name: 'etcd forgets its history',
    what: 'etcd is compacted and the API server starts again, three times: watches that resume get 410.',
    tests: [fault('cluster-data', 'are compacted, so that every watch that resumes gets 410')],
  },
  {
    name: 'etcd is killed and comes back',
    what: 'The store cannot be reached for more than twenty seconds.',
    tests: [fault('cluster-data', 'cannot be reached while etcd is away')],
  },
  {
    name: 'The disk of etcd is full',
    what: 'etcd refuses every write, but reads work.',
    tests: [fault('cluster-data', 'cannot be written while the disk of etcd is full')],
  },
  {
    name: 'etcd comes back with an earlier backup',
    what: 'A system that was added after the backup, and one that changed after it, are written once more. The agent had seen versions of objects that no longer exist.',
    tests: [fault('cluster-data', 'are those of an earlier backup')],
  },
  {
    name: 'etcd loses everything',
    what: 'Somebody puts back the CRDs, the roles and the configuration Secret, with the used token in it: the agent restores the certificate, the record of pairing and the Applications from its memory.',
    tests: [
      fault('cluster-data', 'are gone altogether, and the installation is put back with the token that was used'),
    ],
  },
  {
    name: 'The CRD of Applications is removed and put back',
    what: 'All Applications are removed with it, and come back.',
    tests: [fault('cluster-data', 'have no Applications any more, nor their CRD')],
  },
  {
    name: 'The CRD of the CompassConnection is removed and put back',
    what: 'The CompassConnection comes back without a token, and no Application is touched.',
    tests: [
      fault('cluster-data', 'have no CompassConnection any more, nor its CRD'),
      e2e('pairing', 'waits for them without ending and connects once they are installed'),
    ],
  },
  {
    name: 'The namespace of the agent is terminating, and made anew',
    what: 'Every Secret is removed; the agent restores the certificate and the credentials from its memory, without a token.',
    tests: [fault('cluster-data', 'have no kyma-system any more, after it was terminating for a while')],
  },
  {
    name: 'The namespace of the CA Secret is terminating, and made anew',
    what: 'The connection keeps working, and the CA Secret comes back.',
    tests: [fault('cluster-data', 'have no istio-system any more, after it was terminating for a while')],
  },
];

export const scenarioGroups: readonly ScenarioGroup[] = [
  { title: 'Token and certificate', scenarios: connector },
  { title: 'The landscape', scenarios: landscape },
  { title: 'The network to UCL, and DNS', scenarios: ways },
  { title: 'Answers', scenarios: answers },
  { title: 'The API server and its data', scenarios: apiServer },
  { title: 'The machine and the process', scenarios: machineScenarios },
];
