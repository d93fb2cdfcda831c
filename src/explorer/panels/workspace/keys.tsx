/** Keys are made where the server runs, so that no key can make others: this says how. */
export const Keys = ({ workspace }: { workspace: string }) => (
  <section class="card" aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <p>
      API keys are made, listed and revoked on the command line of the server. The API has nothing for it, so no key can
      make another one.
    </p>
    <dl class="pairs commands">
      {commandsFor(workspace).map(({ does, command }) => (
        <>
          <dt key={`${does} name`}>{does}</dt>
          <dd key={does}>
            <code>{command}</code>
          </dd>
        </>
      ))}
    </dl>
  </section>
);

/** A name as a shell takes it. */
const quoted = (name: string) => (/^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

function commandsFor(workspace: string): { does: string; command: string }[] {
  const name = quoted(workspace);
  return [
    {
      does: 'Make one; it is shown once',
      command: `npm run admin -- key create ${name} --scopes read,write --name "agent"`,
    },
    { does: 'List them', command: `npm run admin -- key list ${name}` },
    { does: 'Give one a new secret', command: `npm run admin -- key rotate ${name} KEY_ID` },
    { does: 'Revoke one', command: `npm run admin -- key revoke ${name} KEY_ID` },
  ];
}
