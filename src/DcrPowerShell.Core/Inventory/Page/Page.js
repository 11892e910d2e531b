'use strict';

// Search and sorting of the table of clients. Without this script the page can be read all the same.
const frame = document.querySelector('#clients ~ .frame');
const body = frame.querySelector('tbody');
const rows = Array.from(body.rows, row => ({
  row,
  cells: Array.from(row.cells, cell => cell.textContent),
  text: Array.from(row.cells, cell => cell.textContent).join('\n').toLowerCase(),
}));
const search = document.getElementById('search');
const found = document.getElementById('found');
const more = document.getElementById('more');
const collator = new Intl.Collator(undefined, { numeric: true });

let most = 500;

// A row is shown where each word of the search is in it; of very many, the first ones until the others are asked for.
function filter() {
  const words = search.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const { row, text } of rows) {
    row.hidden = !words.every(word => text.includes(word));
    count += row.hidden ? 0 : 1;
    row.classList.toggle('later', !row.hidden && count > most);
  }

  found.textContent = count + ' of ' + rows.length + (rows.length === 1 ? ' client' : ' clients')
    + (count > most ? ', the first ' + most + ' shown' : '');
  more.hidden = count <= most;
  more.textContent = 'Show all ' + count;
}

// Cells without a text come last in both directions.
function sort(head) {
  const way = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
  for (const other of head.parentNode.cells) {
    other.removeAttribute('aria-sort');
  }

  head.setAttribute('aria-sort', way > 0 ? 'ascending' : 'descending');
  const text = item => item.cells[head.cellIndex];
  rows.sort((a, b) => !text(a) - !text(b) || way * collator.compare(text(a), text(b)));
  const sorted = document.createDocumentFragment();
  for (const { row } of rows) {
    sorted.append(row);
  }

  filter();
  body.append(sorted);
}

for (const head of frame.querySelectorAll('thead th')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...head.childNodes);
  button.addEventListener('click', () => sort(head));
  head.append(button);
}

for (const link of document.querySelectorAll('[data-search]')) {
  link.addEventListener('click', () => {
    search.value = link.dataset.search;
    filter();
  });
}

more.addEventListener('click', () => {
  most = Infinity;
  filter();
});

search.addEventListener('input', filter);
document.getElementById('tools').hidden = false;
filter();
