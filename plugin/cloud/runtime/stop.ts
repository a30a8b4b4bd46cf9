import { Outcome } from "../../contracts/digests.ts";

/** Thrown by host calls to end a run; WebAssembly code cannot catch it. */
export class Stop extends Error {
  readonly outcome: Outcome;
  readonly exitCode: number | undefined;

  private constructor(outcome: Outcome, message: string, exitCode?: number) {
    super(message);
    this.outcome = outcome;
    this.exitCode = exitCode;
  }

  static exit(code: number): Stop {
    return new Stop(
      code === 0 ? Outcome.Success : Outcome.ExitedWithError,
      `the program exited with code ${code}`,
      code,
    );
  }

  static outOfFuel(): Stop {
    return new Stop(Outcome.OutOfFuel, "the fuel is used up");
  }

  static limit(what: string, value: number, most: number): Stop {
    return new Stop(Outcome.LimitExceeded, `${what}: ${value}, at most ${most} are allowed`);
  }

  /** A bad argument to a call of the `nexus` module. */
  static badArgument(message: string): Stop {
    return new Stop(Outcome.Trapped, message);
  }
}

/**
 * This machine could not carry a run through that the limits allow: its memory or its native stack was too small. There is no
 * result, because other machines have another one: a node must not sign anything for this run.
 */
export class MachineTooSmallError extends Error {
  constructor(what: string) {
    super(`this machine cannot finish a run that the limits allow: ${what}`);
    this.name = "MachineTooSmallError";
  }
}
