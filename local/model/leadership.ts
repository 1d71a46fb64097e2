/**
 * Who leads an application. Leadership is a lease, as in Juju (core/lease, internal/worker/leadership): whoever holds it
 * keeps it while its agent renews it, and loses it when it runs out or when the unit is dead. Nobody leads then until an
 * agent claims it. How long it still runs is not part of the model: to renew it changes nothing (agent/leases.ts).
 */
import { appOf, findApplication, findUnit, unitsOf } from './lookup.ts';
import type { Application, Model } from './state.ts';

/** A new application is led by its first unit, before any agent is there to claim it. */
export function firstLeader(application: Application): void {
  const units = unitsOf(application);
  const [first] = units;
  const isNew = units.every(({ agent }) => !agent.installed);
  if (application.leader === undefined && isNew && first !== undefined) application.leader = first.name;
}

/** Whether an agent that asks now gets it. One whose unit is on its way out gets it when nobody else is left. */
export function mayLead(model: Model, unit: string): boolean {
  const application = findApplication(model, appOf(unit));
  if (application.leader !== undefined) return application.leader === unit;
  const stays = findUnit(model, unit).life === 'alive';
  return stays || unitsOf(application).every(({ life }) => life !== 'alive');
}

/** @returns whether the unit leads. */
export function claimLeadership(model: Model, unit: string): boolean {
  if (!mayLead(model, unit)) return false;
  findApplication(model, appOf(unit)).leader = unit;
  return true;
}

/** The lease has run out, or its holder is dead. */
export function revokeLeadership(application: Application): void {
  delete application.leader;
}
