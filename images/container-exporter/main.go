// Counts memory, processor time, processes, kills and starts of the containers of one stack, for Prometheus, from the host's cgroups alone: it needs no
// privilege, not the engine's socket, and sees numbers and nothing else. Which containers are the stack's, and what they are called, says the stack.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"sort"
	"strings"
	"time"
)

// (m) The engine removes the cgroup of a container that was killed 20 to 70 milliseconds after the kill, and with it the kernel's count.
const interval = 10 * time.Millisecond

func main() {
	root := flag.String("cgroups", "/sys/fs/cgroup", "the host's cgroups")
	names := flag.String("names", "/var/lib/slipway/containers", "a folder of files {id: {part, name}}")
	listen := flag.String("listen", ":9130", "address and port")
	flag.Parse()
	watching := newWatcher(openTree(*root), *names)
	go func() {
		for {
			watching.look(time.Now())
			time.Sleep(interval)
		}
	}()
	http.HandleFunc("/metrics", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		watching.write(answer)
	})
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, "/metrics")
	})
	server := &http.Server{Addr: *listen, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

type family struct {
	name, kind, help string
	value            func(u usage, p past) (float64, bool)
}

func always(value float64) (float64, bool) { return value, true }

// Of a container that runs.
var running = []family{
	{"memory_bytes", "gauge", "Memory in use, without files that can be dropped at once.", func(u usage, _ past) (float64, bool) { return always(u.memoryBytes) }},
	{"memory_held_bytes", "gauge", "Memory that the kernel cannot take back: without any file's pages.", func(u usage, _ past) (float64, bool) { return always(u.memoryHeldBytes) }},
	{"memory_limit_bytes", "gauge", "The most memory that it may use.", func(u usage, _ past) (float64, bool) { return u.memoryLimitBytes, u.hasMemoryLimit }},
	{"cpu_seconds_total", "counter", "Processor time.", func(u usage, _ past) (float64, bool) { return always(u.cpuSeconds) }},
	{"cpu_limit_cores", "gauge", "The most processors that it may use.", func(u usage, _ past) (float64, bool) { return u.cpuLimit, u.hasCPULimit }},
	{"cpu_periods_total", "counter", "Periods in which it wanted a processor.", func(u usage, _ past) (float64, bool) { return always(u.periods) }},
	{"cpu_throttled_periods_total", "counter", "Those of them in which it had to wait, its limit being used up.", func(u usage, _ past) (float64, bool) { return always(u.throttled) }},
	{"processes", "gauge", "Processes and threads.", func(u usage, _ past) (float64, bool) { return always(u.processes) }},
}

// Of one that is away for a moment, too.
var lasting = []family{
	{"out_of_memory_kills_total", "counter", "Processes that the kernel ended for lack of memory.", func(_ usage, p past) (float64, bool) { return always(p.kills) }},
	{"starts_total", "counter", "How often it was started again.", func(_ usage, p past) (float64, bool) { return always(p.starts) }},
}

func (w *watcher) write(out io.Writer) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	lines := map[string][]string{}
	add := func(families []family, one named, u usage, p past) {
		for _, each := range families {
			if value, there := each.value(u, p); there {
				labels := fmt.Sprintf("part=%q,name=%q", one.Part, one.Name)
				lines[each.name] = append(lines[each.name], fmt.Sprintf("slipway_container_%s{%s} %v\n", each.name, labels, value))
			}
		}
	}
	for id, one := range w.known {
		before, knew := w.pasts[id]
		if !knew {
			continue
		}
		add(lasting, one, usage{}, *before)
		found, runs := w.tree.find(id)
		if !runs {
			continue
		}
		if u := found.read(); u.whole {
			add(running, one, u, *before)
		}
	}
	for _, each := range append(append([]family{}, running...), lasting...) {
		if len(lines[each.name]) == 0 {
			continue
		}
		sort.Strings(lines[each.name])
		fmt.Fprintf(out, "# HELP slipway_container_%s %s\n# TYPE slipway_container_%s %s\n", each.name, each.help, each.name, each.kind)
		fmt.Fprint(out, strings.Join(lines[each.name], ""))
	}
}
