const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value) => String(value).replace(/[&<>"']/g, (character) => escapes[character]);

/** A companion as HTML; what was remembered is text, whatever it looks like. */
export function renderCompanion({ name, memories }) {
  return `<h1>${text(name)}</h1>
    <p>${memories.nodes.length} of ${memories.totalCount} memories, the most important first</p>
    <ol>${memories.nodes.map(renderMemory).join('')}</ol>`;
}

const renderMemory = ({ id, type, status, content, importance, relations }) =>
  `<li id="${text(id)}">
    <strong>${text(content)}</strong>
    <small>${text(type)}, ${text(status)}, importance ${importance.toFixed(1)}</small>
    <ul>${relations.edges.map(renderRelation).join('')}</ul>
  </li>`;

const renderRelation = ({ direction, node, neighbor }) =>
  `<li>${direction === 'OUT' ? '→' : '←'} ${text(node.type)} (${node.strength})
    <a href="#${text(neighbor.id)}">${text(neighbor.content)}</a></li>`;
