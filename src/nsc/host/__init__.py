"""What nsc needs of this machine: whole files, zig, native libraries, digests of code.

Knows no program.
"""

from nsc.host.atomic import replacing as replacing
from nsc.host.atomic import write_whole as write_whole
from nsc.host.code_digest import code_digest as code_digest
from nsc.host.folder import claim as claim
from nsc.host.folder import exclusive as exclusive
from nsc.host.folder_whole import replacing_folder as replacing_folder
from nsc.host.forkserver import start_forkserver as start_forkserver
from nsc.host.json_file import read_json as read_json
from nsc.host.native import has_cpu_flag as has_cpu_flag
from nsc.host.native import load_library as load_library
from nsc.host.process import run_bounded as run_bounded
from nsc.host.ray_cluster import connected_ray as connected_ray
from nsc.host.regular import NotAFile as NotAFile
from nsc.host.regular import open_regular as open_regular
from nsc.host.regular import read_regular as read_regular
from nsc.host.temporary import temporary_folder as temporary_folder
from nsc.host.zig import cache_folder as cache_folder
from nsc.host.zig import zig_command as zig_command
from nsc.host.zig import zig_environment as zig_environment
