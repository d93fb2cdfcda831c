import { Command, CommanderError } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { ConfigError } from '../kernel/config-error.ts';
import type { Surroundings } from './surroundings.ts';

/** Adds to a command what it takes and what it does. */
export type Define = (command: Command, surroundings: Surroundings) => void;

/** A program that neither writes errors nor ends the process, but throws. */
export const newProgram = (name: string): Command =>
  withVersion(new Command(name))
    .configureOutput({ writeErr: () => {} })
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new ConfigError(`${sentenceOf(error)}.`);
    });

/** Adds a command to a program, or to another command; `usage` is its name and its arguments. */
export const addCommand = (parent: Command, usage: string, summary: string): Command =>
  withVersion(parent.command(usage))
    .summary(summary)
    .description(`${capital(summary)}.`);

const withVersion = (command: Command) =>
  command
    .version(about.version, '--version', 'say which version this is')
    .helpOption('--help', 'say what can be asked for')
    .helpCommand(false);

/** Reads arguments and does what they ask for. */
export async function parse(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Help or the version has been printed.
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

/** From here on a command, and what is added to it, answers with `refusal` to arguments that it does not take. */
export function refuseWith(command: Command, refusal: (message: string, code: string) => Error): Command {
  return command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : refusal(sentenceOf(error), error.code);
  });
}

/** What the parser says, without the full stop. */
function sentenceOf({ message }: CommanderError): string {
  return capital(
    message
      .replace(/^error: /, '')
      .replaceAll(/\s+/g, ' ')
      .replace(/\.$/, ''),
  );
}

const capital = (text: string) => `${text[0]?.toUpperCase()}${text.slice(1)}`;
