"""The load tool, `ixp bench`: what a server takes, and how long desktops wait for it.

Each command of `cli` has a module that measures, by its name: `run`, `compare`, `growth`, `resume`, `watch`, `day`.
`servers` starts servers, and `turns` loads several of them side by side. `crew` starts client processes; each is a
`worker`, which is told a `job` and tells what was `found`. Its connections are `links`, and on them sit `desks` that do
what the `mix` says (`load`), supervisors who look on (`fan`), or agents of a day (`floor`). `waits` are counted by a
`gauge`, processor time and memory by a `meter`. `tables`, `panels` and `picture` show what was found.
"""
