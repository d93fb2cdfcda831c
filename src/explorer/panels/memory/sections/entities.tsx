import { plainId } from '../../../core/point.ts';
import { hrefTo } from '../../../core/route.ts';
import type { Memory } from '../model/types.ts';

/** What the memory mentions. */
export const Entities = ({ memory: { entities } }: { memory: Memory }) => (
  <section class="card" aria-labelledby="entities-title">
    <h2 id="entities-title">Mentions</h2>
    {entities.nodes.length === 0 && <p class="quiet">It mentions nothing that has a name of its own.</p>}
    <ul class="chips">
      {entities.nodes.map(({ id, type, name }) => (
        <li key={id}>
          <a class="chip" href={hrefTo('graph', plainId(id))}>
            {name} <span class="quiet">{type}</span>
          </a>
        </li>
      ))}
    </ul>
  </section>
);
