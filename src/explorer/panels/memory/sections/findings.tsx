import { plainId } from '../../../core/point.ts';
import { hrefTo } from '../../../core/route.ts';
import { percent } from '../../../core/text.ts';
import { seems } from '../../../parts/finding/words.ts';
import { MemoryLink } from '../../../parts/memory-card.tsx';
import type { Finding, Memory } from '../model/types.ts';

/** What was noticed of the memory and others, and what nobody has judged yet: it lowers no confidence. */
export function Findings({ memory: { findings, versions } }: { memory: Memory }) {
  const own = new Set(versions.nodes.map(({ id }) => plainId(id)));
  const { nodes, totalCount } = findings;
  if (nodes.length === 0) return null;
  return (
    <section class="memory-findings" aria-labelledby="findings-title">
      <h3 id="findings-title">Findings to judge</h3>
      <p class="quiet">They lower no confidence before they are judged.</p>
      {nodes.map((finding) => (
        <OpenFinding key={finding.id} finding={finding} isOlder={own.has(plainId(finding.memory.id))} />
      ))}
      {totalCount > nodes.length && (
        <p class="quiet">
          Of {totalCount} findings {nodes.length} are shown. <a href={hrefTo('disputes', undefined, IN)}>See all</a>
        </p>
      )}
    </section>
  );
}

const IN = { in: 'findings' };

const OpenFinding = ({ finding, isOlder }: { finding: Finding; isOlder: boolean }) => {
  const { id, kind, score, reason, memory, by, memoryText, byText } = finding;
  return (
    <article class="finding-line">
      <p>
        {isOlder ? 'A newer memory' : 'Beside an older memory it'} seems to {seems[kind]}:
      </p>
      <p dir="auto">
        <MemoryLink id={plainId((isOlder ? by : memory).id)}>{isOlder ? byText : memoryText}</MemoryLink>
      </p>
      <p class="quiet facts">
        <span>{percent(score)} sure</span>
        <bdi>{reason}</bdi>
      </p>
      <p>
        <a class="button" href={hrefTo('disputes', plainId(id))}>
          Judge it
        </a>
      </p>
    </article>
  );
};
