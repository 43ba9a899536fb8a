#include <stddef.h>

#include "base/lang.h"

/* The texts of the command tables (src/cli): summaries, options, paragraphs. test_cli fails where one is missing or unused. */
const struct lang_row lang_vi_cli[] = {
	{"Search logs with detection rules",
	 "Tìm dấu hiệu tấn công trong nhật ký bằng các luật phát hiện"},
	{"Print every event of logs as JSON lines or text",
	 "In mọi sự kiện trong nhật ký thành các dòng JSON hoặc văn bản"},
	{"Check, list, explain and test detection rules",
	 "Kiểm tra, liệt kê, giải thích và thử các luật phát hiện"},
	{"Check indicators of compromise",
	 "Kiểm tra các chỉ dấu xâm nhập"},
	{"Print a manual page, for man -l or an installation",
	 "In trang hướng dẫn, cho man -l hoặc để cài đặt"},
	{"Print the completion of commands and options for a shell",
	 "In phần tự hoàn thành lệnh và tùy chọn cho trình lệnh"},
	{"Read indicators and tell every problem, with its place",
	 "Đọc các chỉ dấu và nêu mọi vấn đề cùng vị trí"},
	{"Report every problem of rule files, with file, line and column",
	 "Nêu mọi vấn đề của tệp luật, với tệp, dòng và cột"},
	{"List rules: id, level, log source, title",
	 "Liệt kê luật: mã, mức độ, nguồn nhật ký, tiêu đề"},
	{"Show part by part why a rule meets an event or does not",
	 "Chỉ ra từng phần vì sao luật khớp hoặc không khớp một sự kiện"},
	{"Run the samples that stand beside rules",
	 "Chạy các mẫu thử đặt cạnh luật"},
	{"Sigma rules, a file or a folder, instead of the shipped ones",
	 "Luật Sigma, một tệp hoặc thư mục, thay cho bộ luật đi kèm"},
	{"Indicators, a file or a folder, instead of the shipped ones: lists, CSV, STIX 2.1, MISP",
	 "Chỉ dấu xâm nhập, một tệp hoặc thư mục, thay cho bộ đi kèm: danh sách, CSV, STIX 2.1, MISP"},
	{"Look for no indicators; so it is with --rules unless --indicators names some",
	 "Không tìm chỉ dấu xâm nhập; có --rules thì cũng vậy, trừ khi --indicators nêu bộ chỉ dấu"},
	{"YARA rules, a file or a folder: look at every file as a whole",
	 "Luật YARA, một tệp hoặc thư mục: xét toàn bộ nội dung từng tệp"},
	{"Compare the hashes and names of the files themselves with the indicators",
	 "So mã băm và tên của chính các tệp với các chỉ dấu"},
	{"Leave out indicators that this allow-list covers (MISP warninglists)",
	 "Bỏ các chỉ dấu có trong danh sách cho phép này (MISP warninglists)"},
	{"Judge the indicators' validity today, not at each event's time",
	 "Xét hiệu lực của chỉ dấu theo hôm nay, không theo thời gian sự kiện"},
	{"Values of %names% in rules (expand): a YAML map of names to lists",
	 "Giá trị của các %tên% trong luật (expand): tệp YAML gồm tên và danh sách"},
	{"table (default): a summary; html: a page for people; jsonl; csv; timesketch",
	 "table (mặc định): bản tóm tắt; html: trang cho người đọc; jsonl; csv; timesketch"},
	{"Write to FILE, which appears when it is whole",
	 "Ghi vào FILE; tệp chỉ xuất hiện khi đã ghi xong"},
	{"Add the whole event to each finding (jsonl, csv, html)",
	 "Thêm toàn bộ sự kiện vào mỗi phát hiện (jsonl, csv, html)"},
	{"Only what is new since OLD, the jsonl of an earlier hunt",
	 "Chỉ những gì mới so với OLD, tệp jsonl của lần săn lùng trước"},
	{"Tell where public addresses are, from this MaxMind database (city, country, ASN)",
	 "Cho biết vị trí của địa chỉ công cộng, theo cơ sở dữ liệu MaxMind này (thành phố, quốc gia, ASN)"},
	{"Most hosts and rules in the table (default 20)",
	 "Số máy và luật nhiều nhất trong bảng (mặc định 20)"},
	{"Write the closing figures to FILE as JSON",
	 "Ghi các số liệu cuối cùng vào FILE dạng JSON"},
	{"Workers (default: one a processor)",
	 "Số luồng xử lý (mặc định: mỗi bộ xử lý một luồng)"},
	{"No progress and no closing figures on stderr",
	 "Không hiện tiến độ và số liệu cuối cùng trên stderr"},
	{"No closing figures on stderr",
	 "Không hiện số liệu cuối cùng trên stderr"},
	{"Only events at or after TIME, like 2024-05-01T10:00:00+07:00 or 2024-05-01; UTC without a zone",
	 "Chỉ các sự kiện từ TIME trở đi, ví dụ 2024-05-01T10:00:00+07:00 hoặc 2024-05-01; thiếu múi giờ là UTC"},
	{"Only events before TIME",
	 "Chỉ các sự kiện trước TIME"},
	{"Only rules of this level and above: informational, low, medium, high, critical",
	 "Chỉ các luật từ mức này trở lên: informational, low, medium, high, critical"},
	{"Only rules of this status: stable, test, experimental",
	 "Chỉ các luật có trạng thái này: stable, test, experimental"},
	{"Only rules with this tag: attack.t1059 (T1059.001 too), attack.execution",
	 "Chỉ các luật có nhãn này: attack.t1059 (cả T1059.001), attack.execution"},
	{"Only rules with this id, or with this text in their title",
	 "Chỉ các luật có mã này, hoặc có đoạn chữ này trong tiêu đề"},
	{"Only events of this host; * and ? stand for others",
	 "Chỉ các sự kiện của máy này; * và ? thay cho ký tự khác"},
	{"Write only the first N findings, in order of time",
	 "Chỉ ghi N phát hiện đầu tiên theo thời gian"},
	{"Filters say what to leave out, not what must hold",
	 "Bộ lọc nêu điều cần bỏ đi, không phải điều phải đúng"},
	{"compiled (default) or naive, the slow oracle of tests",
	 "compiled (mặc định) hoặc naive, bộ đối chiếu chậm dùng khi thử nghiệm"},
	{"Memory for findings before they are sorted on disk (default 32768)",
	 "Bộ nhớ cho phát hiện trước khi sắp xếp trên đĩa (mặc định 32768)"},
	{"Look for deleted records in EVTX files too; they are marked \"carved\"",
	 "Tìm cả bản ghi đã xóa trong tệp EVTX; chúng được đánh dấu \"carved\""},
	{"Passwords of encrypted archives, one a line; each is tried",
	 "Mật khẩu của tệp nén được mã hóa, mỗi dòng một mật khẩu; thử lần lượt"},
	{"A password, which other users see in the list of processes: better --password-file",
	 "Mật khẩu; người dùng khác thấy được trong danh sách tiến trình, nên dùng --password-file"},
	{"Year of times that are written without one (default: from the file's date)",
	 "Năm của các thời gian ghi thiếu năm (mặc định: theo ngày của tệp)"},
	{"Zone of times that are written without one: +07:00, UTC or local (default: local)",
	 "Múi giờ của các thời gian ghi thiếu múi giờ: +07:00, UTC hoặc local (mặc định: local)"},
	{"Take this time for today",
	 "Coi thời gian này là hôm nay"},
	{"ndjson (default): one JSON object an event; text: one readable line",
	 "ndjson (mặc định): mỗi sự kiện một đối tượng JSON; text: một dòng dễ đọc"},
	{"table (the default) or jsonl",
	 "table (mặc định) hoặc jsonl"},
	{"where to look for RULE when it is an id or a title",
	 "nơi tìm RULE khi đó là mã hoặc tiêu đề"},
	{"name what passed, and rules without samples",
	 "nêu cả những gì đã đạt, và luật không có mẫu thử"},
	{"Archives",
	 "Tệp nén"},
	{"Filters",
	 "Bộ lọc"},
	{"For experts",
	 "Cho chuyên gia"},
	{"For tests",
	 "Dùng khi thử nghiệm"},
	{"Times",
	 "Thời gian"},
	{"PATH is a file, a folder (links in it are not followed) or - for standard input. The format is\n"
	 "told from the content: logs of Windows, firewalls, web servers, Linux, network devices, clouds,\n"
	 "JSON, plain lines; also within gzip, xz, bzip2 and zstd, and in ZIP, tar and 7-Zip archives, these\n"
	 "in one another too.\n"
	 "\n"
	 "Each line is an event: its fields, and \"source\" with file, format, record and time (UTC).\n"
	 "\n"
	 "Exit status: 0 done, 2 error, 3 done but some input was damaged or unreadable.",
	 "PATH là một tệp, một thư mục (không đi theo liên kết) hoặc - cho đầu vào chuẩn. Định dạng được nhận\n"
	 "ra từ nội dung: nhật ký Windows, tường lửa, máy chủ web, Linux, thiết bị mạng, đám mây, JSON, dòng văn\n"
	 "bản; kể cả khi nén bằng gzip, xz, bzip2, zstd, và trong tệp ZIP, tar, 7-Zip, lồng nhau cũng được.\n"
	 "\n"
	 "Mỗi dòng là một sự kiện: các trường của nó, và \"source\" gồm tệp, định dạng, bản ghi và thời gian (UTC).\n"
	 "\n"
	 "Mã thoát: 0 xong, 2 lỗi, 3 xong nhưng một phần đầu vào bị hỏng hoặc không đọc được."},
	{"PATH is a file, a folder (links in it are not followed) or - for standard input. The format is\n"
	 "told from the content: logs of Windows, firewalls, web servers, Linux, network devices, clouds,\n"
	 "JSON, plain lines; also within gzip, xz, bzip2 and zstd, and in ZIP, tar and 7-Zip archives, these\n"
	 "in one another too.\n"
	 "\n"
	 "Findings come in order of time. In CSV a cell that looks like a formula gets an apostrophe in\n"
	 "front. Findings that do not fit in memory are sorted in $TMPDIR (without it /var/tmp).\n"
	 "\n"
	 "Exit status: 0 nothing found, 1 found, 3 done but some input was damaged or unreadable (whatever\n"
	 "was found), 2 error, or interrupted: then what was found so far is printed, and a file named by\n"
	 "-o is left as it was.",
	 "PATH là một tệp, một thư mục (không đi theo liên kết) hoặc - cho đầu vào chuẩn. Định dạng được nhận\n"
	 "ra từ nội dung: nhật ký Windows, tường lửa, máy chủ web, Linux, thiết bị mạng, đám mây, JSON, dòng văn\n"
	 "bản; kể cả khi nén bằng gzip, xz, bzip2, zstd, và trong tệp ZIP, tar, 7-Zip, lồng nhau cũng được.\n"
	 "\n"
	 "Các phát hiện được sắp theo thời gian. Trong CSV, ô trông giống công thức được thêm dấu nháy đơn ở đầu.\n"
	 "Các phát hiện không vừa bộ nhớ được sắp xếp trong $TMPDIR (nếu không có thì /var/tmp).\n"
	 "\n"
	 "Mã thoát: 0 không phát hiện gì, 1 có phát hiện, 3 xong nhưng một phần đầu vào bị hỏng hoặc không đọc\n"
	 "được (dù có phát hiện hay không), 2 lỗi, hoặc bị ngắt: khi đó những gì đã phát hiện được in ra, còn tệp\n"
	 "nêu ở -o được giữ nguyên như cũ."},
	{"PATH is a file or a folder of lists, CSV, STIX 2.1 or MISP JSON; without one the shipped\n"
	 "indicators. What is not used is told with its reason.\n"
	 "\n"
	 "Exit status: 0 all in order, 1 something is refused or not used, 2 error.",
	 "PATH là tệp hoặc thư mục gồm danh sách, CSV, STIX 2.1 hoặc MISP JSON; nếu không nêu thì là các chỉ dấu\n"
	 "đi kèm. Những gì không dùng được nêu cùng lý do.\n"
	 "\n"
	 "Mã thoát: 0 mọi thứ ổn, 1 có mục bị từ chối hoặc không dùng, 2 lỗi."},
	{"Read one with: truc manual hunt | man -l -",
	 "Đọc một trang bằng: truc manual hunt | man -l -"},
	{"In a running shell: source <(truc completion bash). 'make install' puts it where bash looks.",
	 "Trong trình lệnh đang chạy: source <(truc completion bash). 'make install' đặt nó vào nơi bash tìm."},
	{"Without a PATH the shipped rules are checked.\n"
	 "\n"
	 "Exit status: 0 all rules load (warnings do not count), 1 some are refused or not supported,\n"
	 "2 a path cannot be read, or no rule file is there.",
	 "Nếu không nêu PATH thì kiểm tra bộ luật đi kèm.\n"
	 "\n"
	 "Mã thoát: 0 mọi luật đều nạp được (không tính cảnh báo), 1 có luật bị từ chối hoặc không được hỗ trợ,\n"
	 "2 có đường dẫn không đọc được, hoặc không có tệp luật nào."},
	{"Without a PATH the shipped rules are listed.",
	 "Nếu không nêu PATH thì liệt kê bộ luật đi kèm."},
	{"RULE is a rule file, or the id or title of a rule in the shipped pack or below --rules. FILE\n"
	 "holds one or more events, in any format that a hunt reads; each of them is explained, so take\n"
	 "out the one that you mean: truc decode -q FILE | grep '\"record\":NUMBER,'.\n"
	 "\n"
	 "Exit status: 0 no event is met, 1 one is, 2 error.",
	 "RULE là một tệp luật, hoặc mã hay tiêu đề của một luật trong bộ đi kèm hoặc dưới --rules. FILE chứa\n"
	 "một hay nhiều sự kiện, ở bất kỳ định dạng nào mà hunt đọc được; từng sự kiện đều được giải thích, vì\n"
	 "vậy hãy lấy riêng sự kiện cần xem: truc decode -q FILE | grep '\"record\":NUMBER,'.\n"
	 "\n"
	 "Mã thoát: 0 không sự kiện nào khớp, 1 có khớp, 2 lỗi."},
	{"Beside NAME.yml, every event in NAME.match.EXT must be met by the rule and none in NAME.miss.EXT\n"
	 "may be. Where NAME.yml holds correlations, the last of them must hold over all events of a match\n"
	 "file together, and over none of a miss file. PATH is a folder or a rule file; without one the\n"
	 "shipped rules are tested.\n"
	 "\n"
	 "Exit status: 0 all passed, 1 some failed, 2 error.",
	 "Cạnh NAME.yml, luật phải khớp mọi sự kiện trong NAME.match.EXT và không khớp sự kiện nào trong\n"
	 "NAME.miss.EXT. Nếu NAME.yml có luật tương quan thì luật cuối cùng phải đúng trên toàn bộ sự kiện của tệp\n"
	 "match, và không đúng trên tệp miss. PATH là thư mục hoặc tệp luật; nếu không nêu thì thử bộ luật đi kèm.\n"
	 "\n"
	 "Mã thoát: 0 tất cả đạt, 1 có mục không đạt, 2 lỗi."},
	{NULL, NULL},
};
