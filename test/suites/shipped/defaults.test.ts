import { describe, test } from 'vitest';
import type { Setting } from '../../../agent/config/setting.ts';
import { settings } from '../../../agent/config/settings.ts';
import { useStage } from '../e2e/start-stage.ts';
import { patience, tryVariable } from './start-shipped.ts';

describe('The agent synchronises with this variable alone, at its default', patience, () => {
  const stage = useStage();

  const written = Object.values<Setting<unknown>>(settings).flatMap((setting) =>
    setting.default === undefined ? [] : [{ setting, assignment: `${setting.name}=${setting.default}` }],
  );
  test.each(written)('$assignment', ({ setting }) => tryVariable(stage, setting, setting.default ?? ''));
});
