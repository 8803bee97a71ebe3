import { handleEvent } from "../../functions/events.ts";
import type { Reply } from "../../functions/reply.ts";
import { instantOf } from "../../lib/event/instant.ts";
import { Rounds } from "../../lib/reconcile/rounds.ts";
import { FIRST_PORT } from "../../lib/settings/limits.ts";
import { readSettings, type Settings } from "../../lib/settings/settings.ts";
import { ACCOUNTS, changeOf, OPERATORS, type SimEvent } from "./events.ts";
import type { Instance, Scheduler } from "./scheduler.ts";

/** Settings as an instance may have them; the first are those that every history ends with. */
export const SETTINGS = {
  plain: {},
  labelled: { TARGET_LABELS: '{"team":"a"}', TARGET_ANNOTATIONS: '{"note":"b"}' },
  portless: { TARGET_PORTS: "false" },
  choosy: { ENDPOINT_SELECTORS: "[\"endpoint.namespace != 'y'\"]" },
  scarce: { PORT_RANGE: "10000-10001" },
} as const;
export type SettingsName = keyof typeof SETTINGS;

/** So few ports, so that claims collide. */
export const FEW_PORTS = 10;

const cache = new Map<SettingsName, Settings>();

function settingsNamed(name: SettingsName): Settings {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const accounts = Object.fromEntries(ACCOUNTS.map((account, index) => [account, OPERATORS[index]]));
  const read = readSettings({
    ACCOUNTS: JSON.stringify(accounts),
    PORT_RANGE: `${FIRST_PORT}-${FIRST_PORT + FEW_PORTS - 1}`,
    ...SETTINGS[name],
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  cache.set(name, read.settings);
  return read.settings;
}

/** A copy of the function: its settings, and what its deliveries share. */
export type Copy = Instance & { readonly settings: Settings; readonly rounds: Rounds };

export function newCopy(name: string, settings: SettingsName, rounds = new Rounds()): Copy {
  return { name, alive: true, settings: settingsNamed(settings), rounds };
}

/** Delivers an event to an instance; `end` has the reply, if the instance lives to give one. */
export function deliverTo(
  scheduler: Scheduler,
  copy: Copy,
  event: SimEvent,
  random: () => number,
  end: (reply: Reply) => void,
): void {
  scheduler.start(
    copy,
    `${copy.name}/ev_${event.n}`,
    ({ task, transport, sleep }) => {
      const world = {
        transport,
        settings: copy.settings,
        now: () => instantOf(new Date(scheduler.now)),
        random,
        sleep,
        rounds: copy.rounds,
      };
      return handleEvent(world, changeOf(event), { signal: task.signal, dryRun: false });
    },
    end,
  );
}
