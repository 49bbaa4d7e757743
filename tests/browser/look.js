// What a demanding reader would find wrong with a page: labels, headings, names, things to hit, contrast, overflow.
() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const has = (condition, words) => { if (condition) found.push(words); };
  const said = (e) => e.textContent.trim().slice(0, 40);

  for (const e of all('input:not([type=hidden]), select, textarea')) has(!e.labels.length, 'no label: ' + e.name);
  const heads = all('h1, h2, h3, h4').map((e) => +e.tagName[1]);
  has(heads.filter((level) => level === 1).length !== 1, 'not one h1');
  has(heads.some((level, i) => i && level - heads[i - 1] > 1), 'a level of headings is skipped');
  has(!document.documentElement.lang || !document.title || !document.querySelector('main'), 'no lang, title or main');
  const ids = all('[id]').map((e) => e.id);
  has(new Set(ids).size !== ids.length, 'an id stands twice');
  for (const name of ['aria-describedby', 'aria-labelledby']) {
    for (const e of all(`[${name}]`)) has(!document.getElementById(e.getAttribute(name)), name + ' of nothing');
  }
  for (const e of all('button, a[href]')) has(!said(e) && !e.ariaLabel, 'a button without a word');
  for (const e of all('button, .button, summary, nav a, label.choice')) {
    has(e.offsetParent && e.getBoundingClientRect().height < 40, 'hard to hit: ' + said(e));
  }

  // WCAG 2.2, 1.4.3: text has a contrast of 4.5 to 1
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const tone = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * tone(r) + 0.7152 * tone(g) + 0.0722 * tone(b);
  const paper = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const speaks = (e) => e.offsetParent && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  for (const e of all('body *').filter(speaks)) {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(paper(e))];
    has((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5, 'faint: ' + said(e));
  }
  has(document.documentElement.scrollWidth > innerWidth, 'wider than the window');
  return found;
}
