package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/annals-es/annals/internal/dynamolocal"
	"github.com/annals-es/annals/local/build"
)

// machine is the whole service on this computer: DynamoDB Local on files, the proxy before it, the runner, and the
// functions that the runner starts.
type machine struct {
	root, dir string
	log       *timeline
	options   dynamolocal.Options
	db        *dynamolocal.Server
	proxy     *proxy
	server    *http.Server
	runner    *exec.Cmd
	ended     chan struct{} // closed when the runner has ended
	base      string        // http://127.0.0.1:3000
}

// start brings the service up. Its functions are built with the changes of the overlay.
func start(ctx context.Context, dir string, seed uint64, changes []change, log *timeline) (m *machine, err error) {
	m = &machine{dir: dir, log: log, ended: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.stop())
		}
	}()
	if m.root, err = dynamolocal.Root(); err != nil {
		return m, err
	}
	template, err := m.build(ctx, changes)
	if err != nil {
		return m, err
	}
	m.options = dynamolocal.Options{Dir: dynamolocal.Dir(m.root), DataDir: filepath.Join(dir, "data")}
	if m.db, err = dynamolocal.Start(ctx, m.options); err != nil {
		return m, err
	}
	if _, err = fmt.Sscanf(m.db.Endpoint, "http://127.0.0.1:%d", &m.options.Port); err != nil { // for when it is started again
		return m, err
	}
	m.proxy = newProxy(m.db.Endpoint, seed, log)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return m, err
	}
	m.server = &http.Server{Handler: m.proxy, ReadHeaderTimeout: time.Minute}
	go func() { _ = m.server.Serve(listener) }()
	return m, m.run(ctx, template, "http://"+listener.Addr().String())
}

// build synthesizes the template, and puts functions with the changes in the places of those without.
func (m *machine) build(ctx context.Context, changes []change) (template string, err error) {
	project := build.Project{Root: m.root, State: filepath.Join(m.dir, "state"), Say: os.Stderr}
	template, err = project.Synthesize(ctx)
	if err != nil {
		return "", err
	}
	if err := m.goBuild(ctx, "", filepath.Join(m.dir, "local"), "./local"); err != nil || len(changes) == 0 {
		return template, err
	}
	overlay, err := writeOverlay(m.root, filepath.Join(m.dir, "overlay"), changes)
	if err != nil {
		return "", err
	}
	assets, err := filepath.Glob(filepath.Join(template, "asset.*", "bootstrap"))
	if err != nil {
		return "", err
	}
	functions, err := project.Functions()
	if err != nil {
		return "", err
	}
	for _, f := range functions {
		whole, err := os.ReadFile(filepath.Join(m.root, "build", runtime.GOARCH, f, "bootstrap"))
		if err != nil {
			return "", err
		}
		replaced := 0
		for _, asset := range assets {
			if there, err := os.ReadFile(asset); err != nil || !bytes.Equal(there, whole) {
				continue
			}
			if err := m.goBuild(ctx, overlay, asset, "./functions/"+f); err != nil {
				return "", err
			}
			replaced++
		}
		if replaced == 0 {
			return "", fmt.Errorf("the template has no asset with the function %s", f)
		}
	}
	return template, nil
}

func (m *machine) goBuild(ctx context.Context, overlay, out, what string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-o", out, what)
	cmd.Dir, cmd.Env = m.root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", what, err, said)
	}
	return nil
}

func (m *machine) run(ctx context.Context, template, endpoint string) error {
	said, err := os.Create(filepath.Join(m.dir, "service.log"))
	if err != nil {
		return err
	}
	m.runner = exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(m.dir, "local"), "-template", template, "-state", filepath.Join(m.dir, "state"))
	m.runner.Dir, m.runner.Stdout, m.runner.Stderr = m.root, said, said
	m.runner.Env = append(os.Environ(), "PORT=0", "DYNAMODB_ENDPOINT="+endpoint)
	m.runner.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // Pdeathsig is about the thread that starts
	defer runtime.UnlockOSThread()
	if err := m.runner.Start(); err != nil {
		return err
	}
	go func() {
		_ = m.runner.Wait()
		_ = said.Close()
		close(m.ended)
	}()
	for {
		if text, err := os.ReadFile(said.Name()); err == nil {
			if _, after, ready := strings.Cut(string(text), "\nready "); ready {
				var whole bool
				if m.base, _, whole = strings.Cut(after, "\n"); whole {
					return nil
				}
			}
		}
		select {
		case <-m.ended:
			return fmt.Errorf("the service ended before it was ready: see %s", said.Name())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// harass kills functions and DynamoDB Local until the context ends. The choices are seeded, the moments are not: they
// depend on what runs then.
func (m *machine) harass(ctx context.Context, seed uint64) error {
	dice := rand.New(rand.NewPCG(seed, 0x6b696c6c))
	nextDB := time.Now().Add(time.Duration(10+dice.IntN(20)) * time.Second)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(500+dice.IntN(3000)) * time.Millisecond):
		}
		if time.Now().Before(nextDB) {
			m.killFunction(dice)
			continue
		}
		nextDB = time.Now().Add(time.Duration(15+dice.IntN(30)) * time.Second)
		m.log.add(killedDynamoDB)
		m.proxy.cutOff()
		if err := m.db.Kill(); err != nil {
			return err
		}
		time.Sleep(time.Duration(dice.IntN(1500)) * time.Millisecond)
		again, err := dynamolocal.Start(context.WithoutCancel(ctx), m.options)
		if err != nil {
			return fmt.Errorf("start DynamoDB Local again: %w", err)
		}
		m.db = again
		m.proxy.down.Store(false)
	}
}

const (
	killedDynamoDB = "DynamoDB Local killed"
	killedFunction = "function killed"
)

// killFunction kills one of the functions' processes with SIGKILL.
func (m *machine) killFunction(dice *rand.Rand) {
	var pids []int
	all := parents()
	for pid := range all {
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil && filepath.Base(exe) == "bootstrap" &&
			descends(pid, m.runner.Process.Pid, all) {
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		return
	}
	if syscall.Kill(pids[dice.IntN(len(pids))], syscall.SIGKILL) == nil {
		m.log.add(killedFunction)
	}
}

// parents are the processes of this machine, each with its parent.
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

// descends says whether a process has another among its ancestors.
func descends(pid, from int, parents map[int]int) bool {
	for pid > 1 && pid != from {
		pid = parents[pid]
	}
	return pid == from
}

// stop ends everything that was started.
func (m *machine) stop() error {
	var errs []error
	if m.runner != nil && m.runner.Process != nil {
		_ = m.runner.Process.Signal(syscall.SIGTERM)
		select {
		case <-m.ended:
		case <-time.After(20 * time.Second):
			_ = m.runner.Process.Kill()
			errs = append(errs, errors.New("the service did not end within 20 s of SIGTERM"))
		}
	}
	if m.server != nil {
		_ = m.server.Close()
	}
	if m.db != nil {
		errs = append(errs, m.db.Stop())
	}
	return errors.Join(errs...)
}
