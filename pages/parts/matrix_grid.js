// Confusion matrices as tables, made once and then changed in place. What a visitor named is only ever text.
const grids = new WeakMap();
const STEPS = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity],
};

export default function ({ data, parentElement, setTriggerValue }) {
  if (!grids.has(parentElement)) grids.set(parentElement, new Grid(parentElement));
  const grid = grids.get(parentElement);
  grid.send = (cell) => setTriggerValue("cell", cell);
  grid.update(data);
}

function made(tag, name, parent, attributes = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

class Grid {
  constructor(parent) {
    this.root = made("div", "thaw-matrices", parent);
    this.scale = made("div", "thaw-matrices-scale", this.root);
    this.list = made("div", "thaw-matrices-list", this.root);
    this.tip = made("div", "thaw-matrices-tip", this.root, { "aria-hidden": "true" });
    this.tables = new Map();
    this.root.addEventListener("click", (event) => this.choose(event.target));
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("focusin", (event) => this.told(event.target));
    this.root.addEventListener("focusout", () => this.told(null));
    this.root.addEventListener("pointerover", (event) => this.told(event.target));
    this.root.addEventListener("pointerleave", () => this.told(null));
  }

  update(data) {
    const shape = JSON.stringify([data.classes, data.labels, data.index]);
    if (shape !== this.shape) {
      for (const table of this.tables.values()) table.figure.remove();
      this.tables.clear();
    }
    const tones = JSON.stringify(data.scale.tones);
    if (tones !== this.tones) {
      this.styles = data.scale.tones.map(([colour, ink]) => `background:${colour};color:${ink}`);
      for (const table of this.tables.values()) table.tones = [];
    }
    [this.shape, this.tones, this.data] = [shape, tones, data];
    for (const [name, value] of Object.entries(data.sizes)) this.root.style.setProperty(`--${name}`, value);
    this.write_scale(data.scale);
    const keys = new Set(data.matrices.map((matrix) => matrix.key));
    for (const [key, table] of this.tables) {
      if (!keys.has(key)) {
        table.figure.remove();
        this.tables.delete(key);
      }
    }
    data.matrices.forEach((matrix, place) => {
      if (!this.tables.has(matrix.key)) this.tables.set(matrix.key, new Table(matrix.key, data));
      const table = this.tables.get(matrix.key);
      table.update(matrix, this.styles, data);
      if (this.list.children[place] !== table.figure) this.list.insertBefore(table.figure, this.list.children[place]);
    });
  }

  write_scale({ tones, ends, title }) {
    const wanted = JSON.stringify([this.tones, ends, title]);
    if (wanted === this.written) return;
    this.written = wanted;
    this.scale.replaceChildren();
    made("span", "", this.scale).textContent = title;
    const bar = made("div", "thaw-matrices-bar", this.scale);
    const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => tones[Math.round(share * (tones.length - 1))][0]);
    made("div", "thaw-matrices-colours", bar).style.background = `linear-gradient(90deg, ${stops.join(",")})`;
    const under = made("div", "thaw-matrices-ends", bar);
    for (const end of ends) made("span", "", under).textContent = end;
  }

  table_of(element) {
    const cell = element instanceof Element && element.closest("td");
    const table = cell && this.tables.get(cell.closest("figure").dataset.key);
    return table ? [table, table.cells.indexOf(cell)] : [];
  }

  choose(element) {
    const [table, place] = this.table_of(element);
    if (!table) return;
    const { index } = this.data;
    table.stop(place);
    this.send({
      true: index[Math.floor(place / index.length)],
      said: index[place % index.length],
      by: table.key,
    });
  }

  key(event) {
    const [table, place] = this.table_of(event.target);
    if (!table || event.altKey || event.metaKey) return;
    const c = this.data.index.length;
    if (event.key === "Enter" || event.key === " ") {
      this.choose(event.target);
    } else if (STEPS[event.key]) {
      const [down, right] = STEPS[event.key];
      const within = (value) => Math.min(Math.max(value, 0), c - 1);
      const row = event.ctrlKey && right && !Number.isFinite(right) ? within(right) : within(Math.floor(place / c) + down);
      table.stop(row * c + within((place % c) + right));
      table.cells[table.at].focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  // What the cell under the pointer, or the one with the focus, says in a sentence.
  told(element) {
    const [table, place] = this.table_of(element);
    this.tip.classList.toggle("thaw-matrices-shown", Boolean(table));
    if (!table) return;
    const { classes } = this.data;
    const [row, column] = [Math.floor(place / classes.length), place % classes.length];
    const lines = [`True: ${classes[row]}`, `Predicted: ${classes[column]}`, table.tips[place]];
    table.cells[place].setAttribute("aria-label", lines.join(", "));
    this.tip.replaceChildren(...lines.map((line) => Object.assign(made("bdi", ""), { textContent: line })));
    const [root, box] = [this.root.getBoundingClientRect(), table.cells[place].getBoundingClientRect()];
    const left = Math.min(box.left - root.left, root.width - this.tip.offsetWidth);
    const above = box.top - root.top - this.tip.offsetHeight - 6;
    this.tip.style.left = `${Math.max(left, 0)}px`;
    this.tip.style.top = `${above > 0 && box.top > this.tip.offsetHeight + 70 ? above : box.bottom - root.top + 6}px`;
  }
}

class Table {
  constructor(key, { classes, labels }) {
    this.key = key;
    this.texts = [];
    this.tones = [];
    this.at = -1;
    this.figure = made("figure", "thaw-matrix", null, { "data-key": key });
    const table = made("table", "", this.figure, { role: "grid" });
    this.caption = made("caption", "", table);
    const columns = made("colgroup", "", table);
    made("col", "thaw-matrix-names", columns);
    const head = made("tr", "", made("thead", "", table));
    const corner = made("td", "thaw-matrix-corner", head, { "aria-hidden": "true" });
    made("span", "", corner).textContent = "Predicted →";
    made("span", "", corner).textContent = "True ↓";
    labels.forEach((label, place) => {
      made("col", "", columns);
      const name = made("th", "", head, { scope: "col", title: classes[place], "aria-label": classes[place] });
      made("bdi", "", name).textContent = label;
    });
    const body = made("tbody", "", table);
    this.cells = [];
    this.rows = labels.map((label, place) => {
      const row = made("tr", "", body);
      const name = made("th", "", row, { scope: "row", title: classes[place], "aria-label": classes[place] });
      made("bdi", "", name).textContent = label;
      for (let column = 0; column < labels.length; column++) {
        const cell = made("td", "", row, { role: "gridcell", tabindex: "-1" });
        cell.append("");
        this.cells.push(cell);
      }
      return row;
    });
    this.stop(0);
  }

  // The one cell of the table at which the Tab key stops.
  stop(place) {
    if (this.cells[this.at]) this.cells[this.at].tabIndex = -1;
    this.at = place;
    this.cells[place].tabIndex = 0;
  }

  update({ letter, name, told, texts, tones, tips }, styles, { index, chosen }) {
    this.tips = tips;
    for (let place = 0; place < texts.length; place++) {
      const cell = this.cells[place];
      if (texts[place] !== this.texts[place]) cell.firstChild.nodeValue = texts[place];
      if (tones[place] !== this.tones[place]) cell.style.cssText = styles[tones[place]];
    }
    [this.texts, this.tones] = [texts, tones];
    this.write_caption(letter, name, told);
    this.frame(chosen ? index.indexOf(chosen[0]) : -1, chosen ? index.indexOf(chosen[1]) : -1);
  }

  write_caption(letter, name, told) {
    const wanted = JSON.stringify([letter, name, told]);
    if (wanted === this.captioned) return;
    this.captioned = wanted;
    this.caption.replaceChildren();
    this.caption.className = letter ? "" : "thaw-matrix-unseen";
    // With blanks between them, where a line may end.
    if (letter) made("strong", "", this.caption).textContent = letter;
    if (letter) this.caption.append(" ");
    made("bdi", "", this.caption).textContent = name;
    if (told) this.caption.append(" ");
    if (told) made("span", "", this.caption).textContent = told;
  }

  // Around a cell, or around the whole row where no answer is chosen.
  frame(row, column) {
    const framed = row < 0 ? null : column < 0 ? this.rows[row] : this.cells[row * this.rows.length + column];
    if (framed === this.framed) return;
    if (this.framed) this.framed.classList.remove("thaw-matrix-chosen");
    if (this.framed) this.framed.removeAttribute("aria-selected");
    if (framed) framed.classList.add("thaw-matrix-chosen");
    if (framed) framed.setAttribute("aria-selected", "true");
    this.framed = framed;
  }
}
