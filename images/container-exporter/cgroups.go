package main

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// tree is the host's cgroups as they are mounted, of either version.
type tree struct {
	root    string
	unified bool
}

func openTree(root string) tree {
	// The root of version 2 alone has it.
	_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
	return tree{root: root, unified: err == nil}
}

// cgroup is that of one container: where each controller's files are.
type cgroup struct {
	unified bool
	memory  string
	cpu     string
	cpuacct string
	pids    string
}

// places are where Docker's two drivers, cgroupfs and systemd, put a container.
func places(id string) []string {
	return []string{"docker/" + id, "system.slice/docker-" + id + ".scope"}
}

// find answers false for a container that does not run.
func (t tree) find(id string) (cgroup, bool) {
	for _, place := range places(id) {
		found := cgroup{unified: t.unified}
		if t.unified {
			folder := filepath.Join(t.root, place)
			found.memory, found.cpu, found.cpuacct, found.pids = folder, folder, folder, folder
		} else {
			found.memory = filepath.Join(t.root, "memory", place)
			found.cpu = filepath.Join(t.root, "cpu", place)
			found.cpuacct = filepath.Join(t.root, "cpuacct", place)
			found.pids = filepath.Join(t.root, "pids", place)
		}
		if _, err := os.Stat(found.memory); err == nil {
			return found, true
		}
	}
	return cgroup{}, false
}

// kills is the file that counts processes which the kernel ended for lack of memory since this cgroup began; its line is `oom_kill`.
func (c cgroup) kills() string {
	if c.unified {
		return filepath.Join(c.memory, "memory.events")
	}
	return filepath.Join(c.memory, "memory.oom_control")
}

type usage struct {
	memoryBytes, memoryHeldBytes, memoryLimitBytes float64
	cpuSeconds, cpuLimit                           float64
	periods, throttled                             float64
	processes                                      float64
	hasMemoryLimit, hasCPULimit, whole             bool
}

// read answers `whole: false` for a container that ended meanwhile.
func (c cgroup) read() usage {
	var u usage
	var ok [7]bool
	var used, inactive, active float64
	memory, cpu := text(c.memory, "memory.stat"), text(c.cpu, "cpu.stat")
	if c.unified {
		used, ok[0] = number(c.memory, "memory.current")
		inactive, ok[1] = fieldOf(memory, "inactive_file")
		active, ok[6] = fieldOf(memory, "active_file")
		u.memoryLimitBytes, u.hasMemoryLimit = number(c.memory, "memory.max")
		u.cpuSeconds, ok[2] = fieldOf(cpu, "usage_usec")
		u.cpuSeconds /= 1e6
		u.cpuLimit, u.hasCPULimit = quotient(text(c.cpu, "cpu.max"))
	} else {
		used, ok[0] = number(c.memory, "memory.usage_in_bytes")
		inactive, ok[1] = fieldOf(memory, "total_inactive_file")
		active, ok[6] = fieldOf(memory, "total_active_file")
		u.memoryLimitBytes, u.hasMemoryLimit = number(c.memory, "memory.limit_in_bytes")
		u.cpuSeconds, ok[2] = number(c.cpuacct, "cpuacct.usage")
		u.cpuSeconds /= 1e9
		u.cpuLimit, u.hasCPULimit = quotient(text(c.cpu, "cpu.cfs_quota_us") + " " + text(c.cpu, "cpu.cfs_period_us"))
	}
	u.periods, ok[3] = fieldOf(cpu, "nr_periods")
	u.throttled, ok[4] = fieldOf(cpu, "nr_throttled")
	u.processes, ok[5] = number(c.pids, "pids.current")
	// As `docker stats`: what can be given back at once is not in use.
	u.memoryBytes = math.Max(0, used-inactive)
	u.memoryHeldBytes = math.Max(0, used-inactive-active)
	// Version 1 says "no limit" by a number that no machine has.
	u.hasMemoryLimit = u.hasMemoryLimit && u.memoryLimitBytes < 1<<60
	u.whole = ok == [7]bool{true, true, true, true, true, true, true}
	return u
}

func text(folder, file string) string {
	content, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func number(folder, file string) (float64, bool) {
	value, err := strconv.ParseFloat(text(folder, file), 64)
	return value, err == nil
}

// fieldOf is one line of a file of `name value` lines.
func fieldOf(content, name string) (float64, bool) {
	for _, line := range strings.Split(content, "\n") {
		if words := strings.Fields(line); len(words) == 2 && words[0] == name {
			value, err := strconv.ParseFloat(words[1], 64)
			return value, err == nil
		}
	}
	return 0, false
}

// quotient is the processors' time that may be used, of `quota period`; "max" and -1 are no quota.
func quotient(words string) (float64, bool) {
	both := strings.Fields(words)
	if len(both) != 2 {
		return 0, false
	}
	quota, err := strconv.ParseFloat(both[0], 64)
	period, wrong := strconv.ParseFloat(both[1], 64)
	if err != nil || wrong != nil || quota <= 0 || period <= 0 {
		return 0, false
	}
	return quota / period, true
}
