/** Juju refuses what an operator asked for; the text is Juju's own. `status` is the HTTP status it is sent with. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

export function notFound(message: string): Refusal {
  return new Refusal(message, 404);
}
