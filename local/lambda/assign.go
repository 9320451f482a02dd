package lambda

import (
	"fmt"
	"slices"
	"time"
)

// assign gives an invocation to a process that asked for work. The invocation's timeout starts now.
func (f *Function) assign(p *process, i *invocation) {
	i.deadline = time.Now().Add(f.Timeout)
	i.delivered = false
	i.timer = time.AfterFunc(f.Timeout, func() { f.timeout(p, i) })
	p.current = i
	p.work <- i
}

// grow starts processes until there is one for each waiting invocation, or the limit is reached.
func (f *Function) grow() {
	for f.starting < len(f.waiting) && len(f.all) < f.Processes {
		p := newProcess(f)
		f.all[p] = struct{}{}
		f.starting++
		go p.run()
	}
}

// ready handles a process's request for work. Only its first request makes it free. After that, answer does.
func (f *Function) ready(p *process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, alive := f.all[p]; !alive {
		return
	}
	first := !p.initialized
	f.started(p)
	if i := p.current; i != nil && i.delivered {
		p.current = nil
		i.finish(result{err: &FunctionError{"Runtime.NoResponse", "the runtime asked for work without having answered"}})
		first = true
	}
	if first {
		f.free(p)
	}
}

// free gives a process its next invocation, or makes it idle.
func (f *Function) free(p *process) {
	if len(f.waiting) == 0 {
		f.idle = append(f.idle, p)
		return
	}
	i := f.waiting[0]
	f.waiting = f.waiting[1:]
	f.assign(p, i)
}

func (f *Function) started(p *process) {
	if !p.initialized {
		p.initialized = true
		f.starting--
	}
}

// answer ends an invocation, if it is the process's current one. The process is free from now on, before it asks for
// work again. So a caller that sends one request after the other meets the same warm process.
func (f *Function) answer(p *process, id string, r result) bool {
	f.mu.Lock()
	i := p.current
	if i == nil || i.id != id {
		f.mu.Unlock()
		return false
	}
	p.current = nil
	i.finish(r)
	f.free(p)
	f.settle()
	f.mu.Unlock()
	return true
}

func (f *Function) timeout(p *process, i *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.current != i {
		return
	}
	p.current = nil
	i.finish(result{err: &FunctionError{
		"Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", i.id, f.Timeout.Seconds()),
	}})
	p.kill()
}

// gone removes a process that has ended. Its current invocation fails, or goes to another process if it was not sent
// yet.
func (f *Function) gone(p *process, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, p)
	f.idle = slices.DeleteFunc(f.idle, func(other *process) bool { return other == p })
	if i := p.current; i != nil {
		p.current = nil
		if i.delivered || f.closed {
			i.finish(result{err: &FunctionError{"Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: %v", i.id, why)}})
		} else {
			i.timer.Stop()
			f.waiting = slices.Insert(f.waiting, 0, i)
		}
	}
	if !p.initialized { // each failed start fails one invocation, so that a broken function is not started forever
		f.started(p)
		if len(f.waiting) > 0 {
			i := f.waiting[0]
			f.waiting = f.waiting[1:]
			i.finish(result{err: &FunctionError{"Runtime.InitError", fmt.Sprintf("RequestId: %s Error: %v", i.id, why)}})
		}
	}
	if !f.closed {
		f.grow()
	}
	f.settle()
}
