/** What the signs of the picture mean. */
export const Legend = () => (
  <ul class="graph-legend quiet" aria-label="What the picture shows">
    <li>larger: more important</li>
    <li>paler: less certain</li>
    <li>
      <span class="graph-key-faint" aria-hidden="true" /> faint: ended, or not known yet
    </li>
    <li>thicker: stronger relation</li>
    <li>
      <span class="graph-key-dispute" aria-hidden="true" /> dispute
    </li>
    <li>
      <span class="graph-key-suspect" aria-hidden="true" /> ⚠ suspect
    </li>
    <li>≟ a finding to judge</li>
  </ul>
);
