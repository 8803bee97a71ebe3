// The same as a module, as code is written today. Then Node reads all properties of node:http, some of which load more.
import * as http from "node:http";
import serve from "./bare-server.cjs";

serve(http);
