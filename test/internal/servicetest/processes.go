package servicetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The names of processes that are not functions.
const (
	Runner   = "runner"
	DynamoDB = "DynamoDB Local"
)

// Process is a process of the service.
type Process struct {
	PID int
	// Name is Runner, DynamoDB, or the name of a function.
	Name string
	// Resident is its resident memory in bytes: VmRSS.
	Resident int64
}

// Function reports whether the process runs a function.
func (p Process) Function() bool { return p.Name != Runner && p.Name != DynamoDB }

// Processes returns the running processes of the service, and the DynamoDB Local that this process started for it, but
// not the servers of other stores: see [Service.Server]. A process that ends during the call may be missing.
func (s *Service) Processes() []Process {
	all := parents()
	root := s.process.Process.Pid
	var found []Process
	for pid := range all {
		if !descends(pid, os.Getpid(), all) {
			continue
		}
		resident, err := resident(pid)
		if err != nil {
			continue // it has ended
		}
		if name := name(pid, root, all); name != "" {
			found = append(found, Process{PID: pid, Name: name, Resident: resident})
		}
	}
	return found
}

// Server returns the processes of the server of a store that the runner started, by the name of its program: the
// server, and then those that it started itself. There are none while the server is started again.
func (s *Service) Server(program string) []int {
	all := parents()
	for pid, parent := range all {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		// Between the runner and a server is the shell that ends the server with the runner: see package child.
		if all[parent] != s.process.Process.Pid || strings.TrimSpace(string(comm)) != program {
			continue
		}
		found := []int{pid}
		for other := range all {
			if other != pid && descends(other, pid, all) {
				found = append(found, other)
			}
		}
		return found
	}
	return nil
}

// name returns the name of a process. It returns "" for a process that has just been started, or has ended, and for
// the servers of other stores.
func name(pid, root int, parents map[int]int) string {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	switch {
	case err != nil:
		return ""
	case pid == root:
		return Runner
	case filepath.Base(exe) == "java" && !descends(pid, root, parents):
		return DynamoDB
	case filepath.Base(exe) != "bootstrap":
		return ""
	}
	environment, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	for variable := range bytes.SplitSeq(environment, []byte{0}) {
		if value, is := bytes.CutPrefix(variable, []byte("AWS_LAMBDA_FUNCTION_NAME=")); is {
			return string(value)
		}
	}
	return ""
}

func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0, err
	}
	return pages * int64(os.Getpagesize()), nil
}

// parents maps the processes of this machine to their parents.
func parents() map[int]int {
	found := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 {
			found[pid], _ = strconv.Atoi(fields[1])
		}
	}
	return found
}

// descends reports whether a process is another one, or a descendant of it.
func descends(pid, from int, parents map[int]int) bool {
	for pid > 1 && pid != from {
		pid = parents[pid]
	}
	return pid == from
}
