// Which patterns are good enough to guard a key. Knows dots and lines; nothing of pages, keys or storage.
//
// Dots are numbered as on a telephone: 1 2 3, 4 5 6, 7 8 9. A path is the list of dots in the order of drawing.
// The provider never sees a pattern, so this is the only place where its shape is judged.

const SIDE = 3;
export const DOTS = SIDE * SIDE;
export const FEWEST_DOTS = 6;

// What people draw first when asked for a pattern, besides the mirrored shapes and the walks along the edge below.
const WELL_KNOWN = ["123456", "1234567", "12345678", "123456789", "74123659", "145639"].map((text) => [...text].map(Number));

const at = (dot) => [(dot - 1) % SIDE, Math.floor((dot - 1) / SIDE)];
const dotAt = ([column, row]) => row * SIDE + column + 1;
const pairs = (path) => path.slice(1).map((dot, index) => [path[index], dot]);

/** The dot exactly between two others, if there is one. */
function between(from, to) {
  const [a, b] = [at(from), at(to)];
  const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return middle.every(Number.isInteger) && from !== to ? dotAt(middle) : null;
}

/** The path with one more dot. A dot passed over on the way comes along; one that is in it already adds nothing. */
export function extended(path, dot) {
  if (path.includes(dot)) return path;
  const passed = path.length ? between(path.at(-1), dot) : null;
  return passed !== null && !path.includes(passed) ? [...path, passed, dot] : [...path, dot];
}

/** The lines as drawn, whichever way round; a line over a dot in the middle counts as two. */
function lines(path) {
  return pairs(path).flatMap(([from, to]) => {
    const passed = between(from, to);
    return passed === null ? [[from, to]] : [[from, passed], [passed, to]];
  });
}

const code = ([a, b]) => (a < b ? a * 10 + b : b * 10 + a);
const moved = (move) => (line) => line.map((dot) => dotAt(move(at(dot))));

/** A drawing written down so that the order of its lines does not matter. */
const written = (drawn) => [...new Set(drawn.map(code))].sort().join();

/** Every way of turning and mirroring the whole square. */
const MOVES = [0, 1, 2, 3].flatMap((quarters) =>
  [false, true].map((flipped) => (place) => {
    let [column, row] = flipped ? [SIDE - 1 - place[0], place[1]] : place;
    for (let turn = 0; turn < quarters; turn += 1) [column, row] = [SIDE - 1 - row, column];
    return [column, row];
  }),
);

/** Ways of turning and mirroring a shape within its own frame, except leaving it as it is. */
function movesWithin(drawn) {
  const places = drawn.flat().map(at);
  const ends = [0, 1].map((axis) => places.map((place) => place[axis]));
  const [[left, right], [top, bottom]] = ends.map((values) => [Math.min(...values), Math.max(...values)]);
  const across = ([column, row]) => [left + right - column, row];
  const down = ([column, row]) => [column, top + bottom - row];
  const moves = [across, down, (place) => across(down(place))];
  if (right - left !== bottom - top) return moves;
  const swapped = ([column, row]) => [left + row - top, top + column - left];
  return [...moves, swapped, (place) => across(swapped(place)), (place) => down(swapped(place)), (place) => across(down(swapped(place)))];
}

function isMirrored(drawn) {
  const ours = new Set(drawn.map(code));
  // A move never lays two lines onto one, so it is enough that each lands on one of ours.
  return movesWithin(drawn).some((move) => drawn.every((line) => ours.has(code(moved(move)(line)))));
}

/** Mirrored or turned it looks the same, as drawn or with its ends joined: most letters, figures and ornaments do. */
function isSymmetric(path) {
  const drawn = lines(path);
  const [first, last] = [at(path[0]), at(path.at(-1))];
  const isNearlyClosed = Math.abs(first[0] - last[0]) <= 1 && Math.abs(first[1] - last[1]) <= 1;
  return isMirrored(drawn) || (isNearlyClosed && isMirrored([...drawn, [path.at(-1), path[0]]]));
}

const MIDDLE = 5;
const RING = [1, 2, 3, 6, 9, 8, 7, 4];

/** Round the edge from neighbour to neighbour, perhaps into the middle at the end or out of it: walks and spirals. */
function isEdgeWalk(path) {
  const walk = path.filter((dot, index) => dot !== MIDDLE || (index > 0 && index < path.length - 1));
  if (walk.includes(MIDDLE)) return false;
  return pairs(walk).every(([from, to]) => {
    const apart = Math.abs(RING.indexOf(from) - RING.indexOf(to));
    return apart === 1 || apart === RING.length - 1;
  });
}

const KNOWN = new Set(WELL_KNOWN.flatMap((path) => MOVES.map((move) => written(lines(path).map(moved(move))))));

/** Why this pattern may not be used: "short" or "known"; null when it may. Six dots cannot do with fewer than two turns. */
export function faultOf(path) {
  if (path.length < FEWEST_DOTS) return "short";
  return isEdgeWalk(path) || isSymmetric(path) || KNOWN.has(written(lines(path))) ? "known" : null;
}
