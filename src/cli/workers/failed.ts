/** The server cannot go on, since its workers end. */
export class WorkersFailed extends Error {
  override name = 'WorkersFailed';
  /** The worker has said why it ended: there is nothing to add. */
  readonly isSaid: boolean;

  constructor(message: string, isSaid = false) {
    super(message);
    this.isSaid = isSaid;
  }
}
