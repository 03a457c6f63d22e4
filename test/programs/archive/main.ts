import path from 'node:path';
import { writeArchive } from './write-archive.ts';

/** `npm run archive [-- ADDRESS]`: the built command line as an archive for workstations, and krew's manifest. */

const dist = path.join(import.meta.dirname, '../../../dist');
const { file, manifest } = await writeArchive(path.join(dist, 'ucl-agent.js'), dist, process.argv[2]);
process.stdout.write(`${file}\n${manifest}\n`);
