// SPDX-License-Identifier: Apache-2.0
// What a definition can say of the machine itself: everything but its devices (rows.ts tells how to read it).

/** The same on every host; what names a thing of the host says so with its kind. */
export const machineRows = `
domain type=qemu|kqemu|kvm|xen|lxc|uml|openvz|test|vmware|hyperv|vbox|phyp|vz|bhyve|hvf id=*
metadata
name =*
uuid =*
genid =*
title =*
description =*
cpu mode=custom|host-model|host-passthrough|maximum match=minimum|exact|strict check=none|partial|full
  migratable=on|off
cpu/model =* fallback=allow|forbid vendor_id=*
cpu/vendor =*
cpu/topology sockets=* dies=* cores=* threads=*
cpu/feature policy=force|require|optional|disable|forbid name=*
cpu/numa
cpu/numa/cell id=* cpus=* memory=* unit=* memAccess=shared|private discard=yes|no
cpu/numa/cell/distances
cpu/numa/cell/distances/sibling id=* value=*
cpu/numa/cell/cache level=* associativity=none|direct|full policy=none|writeback|writethrough
cpu/numa/cell/cache/size value=* unit=*
cpu/numa/cell/cache/line value=* unit=*
cpu/numa/interconnects
cpu/numa/interconnects/latency initiator=* target=* cache=* type=access|read|write value=*
cpu/numa/interconnects/bandwidth initiator=* target=* cache=* type=access|read|write value=* unit=*
cpu/cache level=1|2|3 mode=emulate|passthrough|disable
cpu/maxphysaddr mode=emulate|passthrough bits=*
sysinfo type=smbios|fwcfg
sysinfo/(bios|system|baseBoard|chassis|oemStrings)
sysinfo/bios/entry =* name=vendor|version|date|release
sysinfo/system/entry =* name=manufacturer|product|version|serial|uuid|sku|family
sysinfo/baseBoard/entry =* name=manufacturer|product|version|serial|asset|location
sysinfo/chassis/entry =* name=manufacturer|version|serial|asset|sku
sysinfo/oemStrings/entry =*
sysinfo/entry =* name=* file=@file
os firmware=bios|efi
os/type =xen|linux|xenpvh|hvm|exe
  arch=i686|x86_64|ia64|aarch64|alpha|armv6l|armv7l|cris|lm32|m68k|microblaze|microblazeel|mips|
    mipsel|mips64|mips64el|openrisc|parisc|parisc64|ppc|ppc64|ppc64le|ppcemb|riscv32|riscv64|s390|
    s390x|sh4|sh4eb|sparc|sparc64|unicore32|xtensa|xtensaeb machine=xenpv|xenfv|xenpvh|*
os/(kernel|initrd|dtb) =@file
os/cmdline =*
os/firmware
os/firmware/feature enabled=yes|no name=enrolled-keys|secure-boot
os/loader =* readonly=yes|no secure=yes|no type=rom|pflash stateless=yes|no
os/boot dev=hd|fd|cdrom|network
os/bootmenu enable=yes|no timeout=*
os/smbios mode=emulate|host|sysinfo
os/bios useserial=yes|no rebootTimeout=*
os/acpi
os/acpi/table =@file type=slic
clock offset=localtime|utc|timezone|variable|absolute adjustment=* timezone=* basis=utc|localtime start=*
clock/timer name=platform|rtc|tsc|hpet|pit|armvtimer|kvmclock|hypervclock track=boot|guest|wall|realtime
  tickpolicy=delay|merge|discard|catchup frequency=* mode=auto|native|emulate|paravirt|smpsafe
  present=yes|no
clock/timer/catchup threshold=* slew=* limit=*
memory =* unit=* dumpCore=on|off
maxMemory =* unit=* slots=*
currentMemory =* unit=*
memoryBacking
memoryBacking/(hugepages|nosharepages|locked|discard)
memoryBacking/hugepages/page size=* unit=* nodeset=*
memoryBacking/source type=file|anonymous|memfd
memoryBacking/access mode=shared|private
memoryBacking/allocation mode=immediate|ondemand threads=*
vcpu =* placement=static|auto cpuset=@cpus current=*
vcpus
vcpus/vcpu id=* enabled=yes|no hotpluggable=yes|no order=*
iothreads =*
iothreadids
iothreadids/iothread id=* thread_pool_min=* thread_pool_max=*
defaultiothread thread_pool_min=* thread_pool_max=*
blkiotune
blkiotune/weight =*
blkiotune/device
blkiotune/device/path =@file
blkiotune/device/(weight|read_iops_sec|write_iops_sec|read_bytes_sec|write_bytes_sec) =*
memtune
memtune/(hard_limit|soft_limit|min_guarantee|swap_hard_limit) =* unit=*
cputune
cputune/(shares|global_period|global_quota|period|quota|emulator_period|emulator_quota|
    iothread_period|iothread_quota) =*
cputune/vcpupin vcpu=* cpuset=@cpus
cputune/emulatorpin cpuset=@cpus
cputune/iothreadpin iothread=* cpuset=@cpus
cputune/vcpusched vcpus=* scheduler=batch|idle|fifo|rr priority=*
cputune/iothreadsched iothreads=* scheduler=batch|idle|fifo|rr priority=*
cputune/emulatorsched scheduler=batch|idle|fifo|rr priority=*
cputune/cachetune vcpus=* id=*
cputune/cachetune/cache id=* level=* type=both|code|data size=* unit=*
cputune/cachetune/monitor level=* vcpus=*
cputune/memorytune vcpus=*
cputune/memorytune/node id=* bandwidth=*
cputune/memorytune/monitor vcpus=*
numatune
numatune/memory mode=strict|preferred|interleave|restrictive placement=static|auto nodeset=@nodes
numatune/memnode cellid=* mode=strict|preferred|interleave|restrictive nodeset=@nodes
resource
resource/partition =*
resource/fibrechannel appid=*
features
features/(pae|acpi|kvm|tcg)
features/apic eoi=on|off
features/hyperv mode=passthrough|custom
features/hyperv/(relaxed|vapic|vpindex|runtime|synic|stimer|reset|frequencies|reenlightenment|
    tlbflush|ipi|evmcs|avic) state=on|off
features/hyperv/spinlocks state=on|off retries=*
features/hyperv/stimer/direct state=on|off
features/hyperv/vendor_id state=on|off value=*
features/kvm/(hidden|hint-dedicated|poll-control|pv-ipi) state=on|off
features/kvm/dirty-ring state=on|off size=*
features/(pvspinlock|pmu|vmport|smm|vmcoreinfo|htm|nested-hv|ccf-assist) state=on|off
features/gic version=host|2|3
features/smm/tseg =* unit=*
features/ioapic driver=qemu|kvm
features/hpt resizing=enabled|disabled|required
features/hpt/maxpagesize =* unit=*
features/msrs unknown=ignore|fault
features/(cfpc|sbbc) value=broken|workaround|fixed
features/ibs value=broken|workaround|fixed-ibs|fixed-ccd|fixed-na
features/tcg/tb-cache =* unit=*
on_reboot =destroy|restart|preserve|rename-restart
on_poweroff =destroy|restart|preserve|rename-restart
on_crash =destroy|restart|preserve|rename-restart|coredump-destroy|coredump-restart
pm
pm/suspend-to-mem enabled=yes|no
pm/suspend-to-disk enabled=yes|no
perf
perf/event
  name=cmt|mbmt|mbml|cpu_cycles|instructions|cache_references|cache_misses|branch_instructions|
    branch_misses|bus_cycles|stalled_cycles_frontend|stalled_cycles_backend|ref_cpu_cycles|cpu_clock|
    task_clock|page_faults|context_switches|cpu_migrations|page_faults_min|page_faults_maj|
    alignment_faults|emulation_faults enabled=yes|no
devices
seclabel model=* type=dynamic|static|none relabel=yes|no
seclabel/label =*
seclabel/imagelabel =*
seclabel/baselabel =*
qemu:commandline
qemu:commandline/qemu:arg value=*
qemu:commandline/qemu:env name=* value=*
qemu:capabilities
qemu:capabilities/qemu:add capability=*
qemu:capabilities/qemu:del capability=*
qemu:deprecation behavior=none|omit|reject|crash
qemu:override
qemu:override/qemu:device alias=*
qemu:override/qemu:device/qemu:frontend
qemu:override/qemu:device/qemu:frontend/qemu:property name=* type=string|signed|unsigned|bool|remove
  value=*
keywrap
keywrap/cipher name=aes|dea state=on|off
launchSecurity type=sev|s390-pv kernelHashes=yes|no
launchSecurity/(cbitpos|reducedPhysBits|policy|handle|dhCert|session) =*
`;

/** Of other hypervisors than QEMU: libvirt's QEMU driver ignores or refuses it. */
export const foreignRows = `
bootloader =*
bootloader_args =*
os/root =*
os/init =*
os/initarg =*
os/initenv =* name=*
os/initdir =*
os/inituser =*
os/initgroup =*
features/hap state=on|off
features/viridian
features/xen
features/xen/e820_host state=on|off
features/xen/passthrough state=on|off mode=*
features/privnet
features/capabilities policy=default|allow|deny
on_lockfailure =poweroff|restart|pause|ignore
idmap
idmap/uid start=* target=* count=*
idmap/gid start=* target=* count=*
lxc:namespace
lxc:namespace/lxc:sharenet type=netns|name|pid value=*
lxc:namespace/lxc:shareipc type=name|pid value=*
lxc:namespace/lxc:shareuts type=name|pid value=*
datacenterpath =*
features/capabilities/* state=on|off
devices/(disk|interface)/backenddomain name=*
`;
