// The map of a page: what its JSON twin says has a place, over Natural Earth's lines, drawn here and asked of nobody else.
import { Map as GlMap, NavigationControl, setWorkerUrl } from "/static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";

setWorkerUrl("/static/vendor/maplibre-gl-6.17.0/maplibre-gl-worker.mjs");
const root = document.documentElement;
// Symbols are drawn so much larger than they are shown, for screens with small dots.
const SHARP = 2;

// Rings that cross 180 degrees go on beyond it; one that goes round a pole is closed over it.
function unwrapped(ring) {
  const found = [];
  let around = 0;
  let before = null;
  for (const [lon, lat] of ring) {
    if (before !== null && lon - before > 180) around -= 360;
    if (before !== null && lon - before < -180) around += 360;
    before = lon;
    found.push([lon + around, lat]);
  }
  const [first, last] = [found[0], found.at(-1)];
  if (Math.abs(first[0] - last[0]) > 180) {
    const pole = found.reduce((sum, one) => sum + one[1], 0) < 0 ? -89.9 : 89.9;
    found.push([last[0], pole], [first[0], pole], first);
  }
  return found;
}

function land(world) {
  const found = globalThis.topojson.feature(world, world.objects.countries);
  for (const one of found.features) {
    const { type, coordinates } = one.geometry ?? {};
    if (type === "Polygon") one.geometry.coordinates = coordinates.map(unwrapped);
    if (type === "MultiPolygon") one.geometry.coordinates = coordinates.map((rings) => rings.map(unwrapped));
    one.properties = {};
  }
  return found;
}

function colours() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const found = Object.fromEntries(["--land", "--muted", "--accent", "--accent-ink", "--warn", "--bad", "--surface"].map((name) => [name, read(name)]));
  probe.remove();
  return found;
}

function places(said) {
  const points = (said.points ?? []).map((one) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [one.lon, one.lat] },
    properties: { id: one.id, urgency: one.urgency, of: `${one.room}/${one.kind}` },
  }));
  const lines = (said.tracks ?? []).filter((one) => one.path.length > 0).map((one) => ({
    type: "Feature",
    geometry: { type: "LineString", coordinates: unwrappedPath(one.path) },
    properties: {},
  }));
  const ends = lines.flatMap((one) => [one.geometry.coordinates[0], one.geometry.coordinates.at(-1)]).map((place) => ({
    type: "Feature", geometry: { type: "Point", coordinates: place }, properties: { urgency: 1 },
  }));
  const squares = (said.squares ?? []).map((one) => ({
    type: "Feature", geometry: { type: "Point", coordinates: [one.lon, one.lat] }, properties: { held: one.held, text: short(one.held) },
  }));
  return { points: [...points, ...ends], lines, squares, side: said.side_deg ?? 0 };
}

const short = (held) => new Intl.NumberFormat(root.lang, { notation: "compact", maximumFractionDigits: 1 }).format(held);
const asked = (path, zoom) => `${path}${path.includes("?") ? "&" : "?"}zoom=${Math.max(0, Math.floor(zoom))}`;

const unwrappedPath = (path) => {
  const whole = unwrapped(path);
  return whole.slice(0, path.length);
};

function bounds(found) {
  const all = [...found.squares.map((one) => one.geometry.coordinates), ...found.points.map((one) => one.geometry.coordinates), ...found.lines.flatMap((one) => one.geometry.coordinates)];
  const lons = all.map((one) => one[0]);
  const lats = all.map((one) => one[1]);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

const collection = (features) => ({ type: "FeatureCollection", features });

async function draw(element) {
  const [world, said] = await Promise.all(
    ["/static/vendor/world-atlas-2.0.2/countries-50m.json", element.dataset.from].map(async (path) => (await fetch(path)).json()),
  );
  const found = places(said);
  const colour = colours();
  const drawings = await symbols();
  const symbolled = ["in", ["get", "of"], ["literal", [...drawings.keys()]]];
  const rim = ["match", ["get", "urgency"], 3, colour["--bad"], 2, colour["--warn"], colour["--accent"]];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new GlMap({
    container: element,
    attributionControl: false,
    dragRotate: false,
    fadeDuration: still ? 0 : 200,
    bounds: bounds(found),
    fitBoundsOptions: { padding: 48, maxZoom: 4 },
    style: {
      version: 8,
      sources: {
        land: { type: "geojson", data: land(world) },
        lines: { type: "geojson", data: collection(found.lines) },
        points: { type: "geojson", data: collection(found.points) },
        squares: { type: "geojson", data: collection(found.squares) },
      },
      layers: [
        { id: "land", type: "fill", source: "land", paint: { "fill-color": colour["--land"] } },
        { id: "borders", type: "line", source: "land", paint: { "line-color": colour["--muted"], "line-width": 0.6, "line-opacity": 0.7 } },
        { id: "lines", type: "line", source: "lines", paint: { "line-color": colour["--accent"], "line-width": 2.5 } },
        {
          id: "points", type: "circle", source: "points",
          paint: {
            // A symbol covers its dot, which stays as a rim in the colour of urgency.
            "circle-radius": ["case", symbolled, 19, ["interpolate", ["linear"], ["get", "urgency"], 0, 4.5, 3, 8]],
            "circle-color": rim,
            "circle-opacity": ["case", symbolled, 0.3, 1],
            "circle-stroke-color": ["case", symbolled, rim, colour["--surface"]], "circle-stroke-width": 1.5,
          },
        },
        {
          id: "symbols", type: "symbol", source: "points", filter: symbolled,
          layout: { "icon-image": ["get", "of"], "icon-allow-overlap": true, "icon-size": 1 },
        },
        {
          id: "squares", type: "circle", source: "squares",
          paint: {
            "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "held"]], 0, 9, 5, 26],
            "circle-color": colour["--accent"], "circle-stroke-color": colour["--surface"], "circle-stroke-width": 1.5,
          },
        },
        {
          id: "numbers", type: "symbol", source: "squares",
          layout: { "text-field": ["get", "text"], "text-size": 12, "text-allow-overlap": true, "text-font": ["sans-serif"] },
          paint: { "text-color": colour["--accent-ink"] },
        },
      ],
    },
  });
  for (const [name, image] of drawings) map.addImage(name, image, { pixelRatio: SHARP * 1.25 });
  map.addControl(new NavigationControl({ showCompass: false }));
  map.on("click", "points", (event) => {
    const id = event.features[0]?.properties.id;
    const row = id && document.querySelector(`[data-id="${CSS.escape(id)}"] a.whole`);
    if (row) { row.focus(); row.scrollIntoView({ block: "center" }); }
  });
  map.on("click", "squares", (event) => map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 1.5, animate: !still }));
  squared(element, map, found);
  turned(element, map);
  hidden(map, found, symbolled);
  element.foedusMap = map;
  await new Promise((resolve) => { map.once("idle", resolve); });
}

// Very many come as numbers in squares: smaller ones as one zooms in, asked for when the zoom comes to rest.
function squared(element, map, found) {
  const told = document.querySelector("[data-map-told]");
  const say = (side) => { if (told) told.textContent = side ? told.dataset.squares.replace("{deg}", side) : ""; };
  say(found.side);
  if (!found.side) return;
  let level = 0;
  map.on("zoomend", async () => {
    const now = Math.min(4, Math.max(0, Math.floor(map.getZoom())));
    if (now === level) return;
    level = now;
    const answer = await fetch(asked(element.dataset.from, now));
    if (!answer.ok || now !== level) return;
    const next = places(await answer.json());
    map.getSource("squares").setData(collection(next.squares));
    say(next.side);
  });
}

// The standard symbols beside the map, as images of the map.
async function symbols() {
  const found = new Map();
  for (const image of document.querySelectorAll("[data-legend] img")) {
    await image.decode();
    const [width, height] = [image.naturalWidth * SHARP, image.naturalHeight * SHARP];
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(image, 0, 0, width, height);
    found.set(image.parentElement.control.value, canvas.getImageData(0, 0, width, height));
  }
  return found;
}

// Kinds are layers that can be hidden; which ones are stands in the address. Numbers in squares are of all kinds together.
function hidden(map, found, symbolled) {
  const legend = document.querySelector("[data-legend]");
  if (!legend) return;
  const boxes = [...legend.querySelectorAll("input")];
  const off = new Set((new URLSearchParams(location.search).get("hide") ?? "").split(","));
  const show = () => {
    const without = ["!", ["in", ["get", "of"], ["literal", boxes.filter((one) => !one.checked).map((one) => one.value)]]];
    map.setFilter("points", without);
    map.setFilter("symbols", ["all", without, symbolled]);
  };
  for (const one of boxes) {
    one.checked = !off.has(one.value);
    one.disabled = found.squares.length > 0;
  }
  legend.addEventListener("change", () => {
    const address = new URL(location.href);
    const names = boxes.filter((one) => !one.checked).map((one) => one.value).join(",");
    if (names) address.searchParams.set("hide", names); else address.searchParams.delete("hide");
    history.replaceState(null, "", address);
    show();
  });
  map.once("load", show);
  legend.hidden = false;
}

// Flat or a globe; which one stands in the address, so that it can be passed on.
function turned(element, map) {
  const acts = document.querySelector("[data-map-acts]");
  if (!acts) return;
  const button = acts.querySelector("[data-globe]");
  const show = (globe) => {
    map.setProjection({ type: globe ? "globe" : "mercator" });
    // Smaller, the globe would be a dot on its canvas.
    if (globe) map.setZoom(Math.max(map.getZoom(), 1.1));
    button.setAttribute("aria-pressed", String(globe));
  };
  const globe = () => new URLSearchParams(location.search).has("globe");
  map.once("load", () => show(globe()));
  button.addEventListener("click", () => {
    const address = new URL(location.href);
    if (globe()) address.searchParams.delete("globe"); else address.searchParams.set("globe", "1");
    history.replaceState(null, "", address);
    show(globe());
  });
  acts.hidden = false;
}

for (const element of document.querySelectorAll("[data-map]")) {
  try {
    await draw(element);
    element.dataset.drawn = "1";
  } catch (error) {
    // No WebGL, or a node that does not answer: the list holds all of it.
    element.hidden = true;
    element.parentElement.querySelector("[data-no-map]").hidden = false;
    console.info(String(error));
  }
}
root.dataset.ready = "1";
