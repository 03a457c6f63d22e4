import { describe, test } from 'vitest';
import type { Setting } from '../../../agent/config/setting.ts';
import { settings } from '../../../agent/config/settings.ts';
import { useStage } from '../e2e/start-stage.ts';
import { patience, tryVariable } from './start-shipped.ts';

describe('The agent synchronises with this variable alone, at its example', patience, () => {
  const stage = useStage();

  const written = Object.values<Setting<unknown>>(settings).map((setting) => ({
    setting,
    assignment: `${setting.name}=${setting.example}`,
  }));
  test.each(written)('$assignment', ({ setting }) => tryVariable(stage, setting, setting.example));
});
