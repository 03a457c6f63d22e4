import type { IncomingMessage, ServerResponse } from 'node:http';
import { type SituationName, situationTexts } from '../../data/situations/situation-texts.ts';
import { awaitWhole, type BreakableWorld, type Breakage, breakages, uclBreakages } from './breakages.ts';
import { escapeMarkup } from './escape-markup.ts';

export const breakPath = '/break';

/** The menu "Break something": brings situations about that people meet, one at a time, and puts them right again. */
export function createBreakPage(world: BreakableWorld, tell: (text: string) => void, signal: AbortSignal) {
  const offered: Readonly<Partial<Record<SituationName, Breakage>>> =
    world.api === undefined ? uclBreakages : breakages;
  let broken: { readonly name: SituationName; readonly mend: () => Promise<void> } | undefined;
  /** One after the other, whatever people click. */
  let work: Promise<void> = Promise.resolve();

  const mend = async () => {
    if (broken === undefined) return;
    const { name, mend: putRight } = broken;
    broken = undefined;
    await putRight();
    tell(`Put right: ${situationTexts[name].title}`);
  };
  const change = async (name: string) => {
    await mend();
    const found = Object.entries(offered).find(([offeredName]) => offeredName === name);
    if (found === undefined || !isSituation(name)) return;
    await awaitWhole(world, signal);
    tell(`Broken by you: ${situationTexts[name].title}`);
    broken = { name, mend: await found[1](world, signal) };
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    const name = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('situation');
    if (request.method === 'POST') {
      work = work.then(() => change(name ?? '')).catch((error: unknown) => tell(`That failed: ${String(error)}`));
      void work.then(() => response.writeHead(303, { location: breakPath }).end());
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(renderPage(Object.keys(offered).filter(isSituation), broken?.name));
  };
}

function isSituation(name: string): name is SituationName {
  return name in situationTexts;
}

function renderPage(names: readonly SituationName[], present: SituationName | undefined): string {
  const rows = names.map((name) => {
    const { title, cause, remedy } = situationTexts[name];
    const isPresent = name === present;
    return `<tr${isPresent ? ' class="present"' : ''}><td><strong>${escapeMarkup(title)}</strong><br>${toHtml(cause)}<br><em>${toHtml(remedy)}</em></td><td>${renderButton(isPresent ? '' : name)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Break something</title><meta name="viewport" content="width=device-width">
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  td { border-top: 1px solid #8886; padding: .6rem .4rem; vertical-align: top; }
  .present { background: #e8a33d33; }
  button { font: inherit; white-space: nowrap; cursor: pointer; }
</style></head><body>
<h1>Break something</h1>
<p>Each button brings a situation about, and then you look for its cause as if you did not know it: with
<code>kubectl get compassconnections -o wide</code>, <code>kubectl describe</code> and <code>ucl-agent status</code>.
One situation at a time; it takes some seconds. <a href="/graphql">Back to the landscape</a></p>
<table>${rows.join('\n')}</table>
</body></html>
`;
}

/** An empty name puts right what is broken. */
function renderButton(name: string): string {
  const label = name === '' ? 'Put it right' : 'Bring it about';
  return `<form method="post" action="${breakPath}?situation=${encodeURIComponent(name)}"><button>${label}</button></form>`;
}

/** The texts are Markdown for the pages; links lead to those. */
function toHtml(markdown: string): string {
  return escapeMarkup(markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
