// Runs in the browser: draws the golden signals with uPlot, which stands in the page before it. No module, so that it runs from a file too.
(() => {
  const { times, charts } = JSON.parse(document.getElementById("charts").textContent);
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const units = { "per second": "/s", percent: "%", milliseconds: "ms" };
  /** What an axis shows at least: a flat line of zeros has no height of its own. */
  const least = { "per second": 1, percent: 1, milliseconds: 10 };
  const short = (value) => String(Number(value.toPrecision(3)));
  const clock = (seconds) => new Date(seconds * 1000).toTimeString().slice(0, 5);
  let drawn = [];

  function options({ id, unit, series }, width) {
    const note = document.querySelector(`[data-note="${id}"]`);
    const said = note.textContent;
    const axis = {
      stroke: color("--quiet"),
      font: "11px system-ui, sans-serif",
      grid: { stroke: color("--rule"), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: 150,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(least[unit], most * 1.1)] } },
      axes: [
        { ...axis, space: 60, size: 26, values: (_, ticks) => ticks.map(clock) },
        { ...axis, space: 34, size: 52, values: (_, ticks) => ticks.map((tick) => `${short(tick)} ${units[unit]}`) },
      ],
      series: [
        {},
        ...series.map((one) => ({
          label: one.label,
          stroke: color(one.color),
          width: 2,
          fill: series.length === 1 ? `${color(one.color)}22` : undefined,
          // Without a minute beside it a value has no line.
          points: { show: one.values.filter((value) => value !== null).length < 40, size: 5, fill: color(one.color) },
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            const words = series.map(({ label, values }) =>
              idx === null || idx === undefined || values[idx] === null
                ? undefined
                : `${label} ${short(values[idx])} ${units[unit]}`,
            );
            const known = words.filter((each) => each !== undefined);
            note.textContent = known.length === 0 ? said : `${clock(times[idx])}: ${known.join(", ")}`;
          },
        ],
      },
    };
  }

  function draw() {
    for (const plot of drawn) plot.destroy();
    drawn = charts.flatMap((chart) => {
      const place = document.getElementById(`plot-${chart.id}`);
      if (chart.series.every(({ values }) => values.every((value) => value === null))) {
        place.textContent = "no data in this hour";
        place.classList.add("empty");
        return [];
      }
      return [
        new uPlot(options(chart, place.clientWidth), [times, ...chart.series.map(({ values }) => values)], place),
      ];
    });
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    // A phone's bars that come and go change the height alone.
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    draw();
  });
})();
