package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// named is what a cgroup does not know of itself.
type named struct {
	Part string `json:"part"`
	Name string `json:"name"`
}

var isID = regexp.MustCompile("^[0-9a-f]{64}$")

// namesIn reads every file of the folder: containers by their ids. One that is just being written is read the next time.
func namesIn(folder string) map[string]named {
	all := map[string]named{}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		log.Print(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		var some map[string]named
		if json.Unmarshal(content, &some) != nil {
			continue
		}
		for id, one := range some {
			// It becomes part of a path.
			if isID.MatchString(id) {
				all[id] = one
			}
		}
	}
	return all
}

// past is what a container's cgroup forgets with each start.
type past struct {
	// Of the cgroup that is there. Reading it again is one call of the kernel, and fails once the cgroup is gone.
	file *os.File
	// When it was looked for last.
	sought time.Time
	// What this cgroup has said.
	seen float64
	// Of all of them.
	kills, starts float64
}

// watcher keeps counting while a container is away: a kill is the last that its cgroup tells, a moment before it goes.
type watcher struct {
	tree  tree
	names string

	mutex  sync.Mutex
	known  map[string]named
	pasts  map[string]*past
	missed int
	learnt time.Time
}

// A new container has a name within so long; its counters begin with it.
const learning = time.Second

// A container that is away is sought again after so long.
const seeking = 100 * time.Millisecond

// patience is how often in a row names may be missing before they are let go: the engine replaces a file by removing it first.
const patience = 3

func newWatcher(tree tree, names string) *watcher {
	return &watcher{tree: tree, names: names, known: map[string]named{}, pasts: map[string]*past{}}
}

func (w *watcher) look(now time.Time) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if now.Sub(w.learnt) >= learning {
		w.learn(namesIn(w.names))
		w.learnt = now
	}
	for id := range w.known {
		before, knew := w.pasts[id]
		if knew && before.count() {
			continue
		}
		if knew && now.Sub(before.sought) < seeking {
			continue
		}
		found, runs := w.tree.find(id)
		if !knew && !runs {
			continue
		}
		if !knew {
			before = &past{}
			w.pasts[id] = before
		}
		before.sought = now
		if !runs {
			continue
		}
		file, err := os.Open(found.kills())
		if err != nil {
			continue
		}
		before.file, before.seen = file, 0
		if knew {
			before.starts++
		}
		before.count()
	}
}

// count answers false once the cgroup is gone.
func (p *past) count() bool {
	if p.file == nil {
		return false
	}
	var content [1024]byte
	length, err := p.file.ReadAt(content[:], 0)
	kills, ok := fieldOf(string(content[:length]), "oom_kill")
	if (err != nil && err != io.EOF) || !ok {
		p.forget()
		return false
	}
	p.kills += kills - p.seen
	p.seen = kills
	return true
}

func (p *past) forget() {
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
}

func (w *watcher) learn(now map[string]named) {
	if len(now) < len(w.known) && w.missed < patience {
		w.missed++
		for id, one := range now {
			w.known[id] = one
		}
		return
	}
	w.missed = 0
	w.known = now
	for id, before := range w.pasts {
		if _, still := now[id]; !still {
			before.forget()
			delete(w.pasts, id)
		}
	}
}
