// Walks every pattern that can be drawn on nine dots past the rules of static/js/gesture_shapes.js.
// Says what it found as JSON; the promises are judged in tests/properties/test_gesture_shapes.py.

const { DOTS, extended, faultOf } = await import(process.argv[2]);

const SIDE = Math.sqrt(DOTS);
const at = (dot) => [(dot - 1) % SIDE, Math.floor((dot - 1) / SIDE)];
const dotAt = ([column, row]) => row * SIDE + column + 1;
const MOVES = [
  ([column, row]) => [SIDE - 1 - column, row],
  ([column, row]) => [column, SIDE - 1 - row],
  ([column, row]) => [row, column],
  ([column, row]) => [SIDE - 1 - row, column],
];
const moved = (path, move) => path.map((dot) => dotAt(move(at(dot))));

/** How often the line changes its direction, told by the area of each corner: none on a straight line. */
function turns(path) {
  const places = path.map(at);
  return places.slice(2).filter((end, index) => {
    const [start, middle] = [places[index], places[index + 1]];
    return (middle[0] - start[0]) * (end[1] - start[1]) !== (middle[1] - start[1]) * (end[0] - start[0]);
  }).length;
}

const found = { all: 0, allowed: 0, refused: {}, fewestTurns: Infinity, unequal: [], skipping: [] };
const LOOK_ROUND = 40; // Of so many, one is judged in its other positions too.

function judge(path) {
  found.all += 1;
  const fault = faultOf(path);
  if (fault === null) {
    found.allowed += 1;
    found.fewestTurns = Math.min(found.fewestTurns, turns(path));
  } else {
    found.refused[fault] = (found.refused[fault] ?? 0) + 1;
  }
  if (found.all % LOOK_ROUND) return;
  const alike = [path.toReversed(), ...MOVES.map((move) => moved(path, move))];
  if (alike.some((other) => faultOf(other) !== fault)) found.unequal.push(path.join(""));
}

function walk(path) {
  if (path.length >= 4) judge(path);
  for (let dot = 1; dot <= DOTS; dot += 1) {
    const longer = extended(path, dot);
    if (new Set(longer).size !== longer.length) found.skipping.push(longer.join(""));
    // A dot that is passed over comes along: that path is walked from the dot in between.
    if (longer.length === path.length + 1) walk(longer);
  }
}

walk([]);
const asked = Object.fromEntries(process.argv.slice(3).map((text) => [text, faultOf([...text].map(Number))]));
console.log(JSON.stringify({ ...found, asked }));
