package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What the kernel shows of a container with 64 MB and half a processor, by systemd's driver.
func version2(kills string) map[string]string {
	place := "system.slice/docker-" + id + ".scope/"
	return map[string]string{
		"cgroup.controllers":     "cpuset cpu io memory pids\n",
		place + "memory.current": "52428800\n",
		place + "memory.max":     "67108864\n",
		place + "memory.stat":    "anon 41943040\nfile 10485760\ninactive_file 8388608\nactive_file 2097152\n",
		place + "memory.events":  "low 0\nhigh 0\nmax 12\noom 1\noom_kill " + kills + "\noom_group_kill 0\n",
		place + "cpu.stat":       "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 400\nnr_throttled 100\nthrottled_usec 7\n",
		place + "cpu.max":        "50000 100000\n",
		place + "pids.current":   "3\n",
	}
}

func version1() map[string]string {
	place := "/docker/" + id + "/"
	return map[string]string{
		"memory" + place + "memory.usage_in_bytes": "52428800\n",
		"memory" + place + "memory.limit_in_bytes": "67108864\n",
		"memory" + place + "memory.stat":           "cache 1\ninactive_file 1\ntotal_inactive_file 8388608\ntotal_active_file 2097152\n",
		"memory" + place + "memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
		"cpuacct" + place + "cpuacct.usage":        "2500000000\n",
		"cpu" + place + "cpu.stat":                 "nr_periods 400\nnr_throttled 100\nthrottled_time 7\n",
		"cpu" + place + "cpu.cfs_quota_us":         "50000\n",
		"cpu" + place + "cpu.cfs_period_us":        "100000\n",
		"pids" + place + "pids.current":            "3\n",
	}
}

const expected = `slipway_container_cpu_limit_cores{part="web",name="web-1"} 0.5
slipway_container_cpu_periods_total{part="web",name="web-1"} 400
slipway_container_cpu_seconds_total{part="web",name="web-1"} 2.5
slipway_container_cpu_throttled_periods_total{part="web",name="web-1"} 100
slipway_container_memory_bytes{part="web",name="web-1"} 4.404019
slipway_container_memory_held_bytes{part="web",name="web-1"} 4.194304e+07
slipway_container_memory_limit_bytes{part="web",name="web-1"} 6.7108864e+07
slipway_container_out_of_memory_kills_total{part="web",name="web-1"} 1
slipway_container_processes{part="web",name="web-1"} 3
slipway_container_starts_total{part="web",name="web-1"} 0
`

func samples(w *watcher) []string {
	var out strings.Builder
	w.write(&out)
	var lines []string
	for _, line := range strings.Split(out.String(), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func watching(t *testing.T, files map[string]string) (*watcher, string, string) {
	root, names := t.TempDir(), t.TempDir()
	write(t, root, files)
	write(t, names, map[string]string{"parts.json": `{"` + id + `":{"part":"web","name":"web-1"},"../../etc":{"part":"x","name":"x"}}`})
	return newWatcher(openTree(root), names), root, names
}

func TestBothVersionsTellTheSame(t *testing.T) {
	for version, files := range map[string]map[string]string{"1": version1(), "2": version2("1")} {
		w, _, _ := watching(t, files)
		w.look(time.Now())
		found := map[string]bool{}
		for _, line := range samples(w) {
			found[line] = true
		}
		for _, line := range strings.Split(strings.TrimSpace(expected), "\n") {
			matches := false
			for one := range found {
				matches = matches || strings.HasPrefix(one, line)
			}
			if !matches {
				t.Errorf("version %s: no %s in %v", version, line, samples(w))
			}
		}
		if len(found) != 10 {
			t.Errorf("version %s: %v", version, samples(w))
		}
	}
}

func TestNoLimitIsNone(t *testing.T) {
	files := version2("0")
	files["system.slice/docker-"+id+".scope/memory.max"] = "max\n"
	files["system.slice/docker-"+id+".scope/cpu.max"] = "max 100000\n"
	w, _, _ := watching(t, files)
	w.look(time.Now())
	if lines := samples(w); len(lines) != 8 || strings.Contains(strings.Join(lines, ""), "limit") {
		t.Error(lines)
	}
}

func TestKillsAddUpAndAContainerThatIsNoMoreNamedIsForgotten(t *testing.T) {
	w, root, names := watching(t, version2("1"))
	at := time.Now()
	w.look(at)
	write(t, root, version2("3"))
	w.look(at.Add(interval))
	if !strings.Contains(strings.Join(samples(w), "\n"), `kills_total{part="web",name="web-1"} 3`) {
		t.Error(samples(w))
	}
	if err := os.Remove(filepath.Join(names, "parts.json")); err != nil {
		t.Fatal(err)
	}
	w.look(at.Add(learning))
	if len(samples(w)) != 10 {
		t.Error("a file that is just being replaced is no end", samples(w))
	}
	for turn := 2; turn < 2+patience; turn++ {
		w.look(at.Add(time.Duration(turn) * learning))
	}
	if len(samples(w)) != 0 {
		t.Error(samples(w))
	}
}

func TestWhatIsNoCgroupTellsNothing(t *testing.T) {
	w, _, _ := watching(t, map[string]string{"cgroup.controllers": "\n"})
	w.look(time.Now())
	if len(samples(w)) != 0 {
		t.Error(samples(w))
	}
}
